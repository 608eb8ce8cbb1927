#include <fsm/render.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <array>
#include <fstream>
#include <iterator>
#include <string>

using Catch::Matchers::ContainsSubstring;
namespace pairs = fsm::pairs;
using fsm::answer;
using fsm::effect;
using fsm::event;
using fsm::guard;
using fsm::reason_rule;

namespace {

/// Four rules, for texts short enough to be written out.
constexpr auto small_table = [] {
  using namespace fsm::table_words;
  return std::array{
      move("A1", none_yet, on({event::create}), guard::always, pairs::creating,
           reason_rule::creating, reason_rule::clear, answer::accepted,
           then({effect::provision, effect::replace})),
      move("A2", creating, on({event::update, event::publish}), guard::stuck, pairs::broken,
           reason_rule::internal, reason_rule::keep, answer::state_conflict,
           then({effect::abandon})),
      move("A3", creating, on({event::provision_failed}), guard::always, pairs::broken,
           reason_rule::given, reason_rule::keep, answer::accepted, then({effect::abandon})),
      stay("A4", creating | broken, on({event::read}), guard::always, answer::accepted),
  };
}();

std::string file_text(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("docs/lifecycle.md is what fsm-lifecycle prints", "[render]") {
  const auto page = file_text(FSM_SOURCE_DIR "/docs/lifecycle.md");
  INFO("if the table changed on purpose, run ./dev docs");
  REQUIRE_FALSE(page.empty());
  CHECK((page == fsm::lifecycle_page()));
}

TEST_CASE("a table becomes a Mermaid diagram, rows between the same situations share an arrow",
          "[render]") {
  const auto text = fsm::to_mermaid(small_table);
  CHECK_THAT(text, ContainsSubstring("stateDiagram-v2\n  state \"Pending\" as creating\n"));
  CHECK_THAT(text, ContainsSubstring("  [*] --> creating : create (A1)\n"
                                     "  creating --> broken : update, publish if stuck (A2)<br/>"
                                     "provision_failed (A3)\n"));
  CHECK(count(text, "-->") == 2);
}

TEST_CASE("a table becomes a DOT diagram", "[render]") {
  const auto text = fsm::to_dot(small_table);
  CHECK_THAT(text, ContainsSubstring("digraph lifecycle {\n"));
  CHECK_THAT(text, ContainsSubstring("  absent [label=\"no such function\"];\n"));
  CHECK_THAT(text, ContainsSubstring("  idle_updating [label=\"Inactive, InProgress\"];\n"));
  CHECK_THAT(text,
             ContainsSubstring("  absent -> creating [label=\"create (A1)\"];\n"
                               "  creating -> broken [label=\"update, publish if stuck (A2)\\n"
                               "provision_failed (A3)\"];\n}\n"));
}

TEST_CASE("a table becomes a Markdown table", "[render]") {
  CHECK(fsm::to_markdown(small_table) ==
        "| Rule | From | Event | Condition | To | Reasons | Answer | Effects |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
        "| A1 | absent | create | | creating | State: Creating, update: none | accepted | "
        "provision, replace |\n"
        "| A2 | creating | update, publish | stuck | broken | State: InternalError | state "
        "conflict | abandon |\n"
        "| A3 | creating | provision_failed | | broken | State: the cause | accepted | abandon |\n"
        "| A4 | creating, broken | read | | | | accepted | |\n");
}

TEST_CASE("a table becomes options of a step in Promela", "[render]") {
  const auto text = fsm::to_promela(small_table);
  CHECK_THAT(
      text,
      ContainsSubstring(
          "  /* A2 */ :: (where == in_creating) && (what == on_update || what == on_publish) -> "
          "to = in_broken; said = says_state_conflict; does = do_abandon\n"));
  CHECK_THAT(text, ContainsSubstring("  /* A4 */ :: (where == in_creating || where == in_broken) "
                                     "&& (what == on_read) -> to = where; said = says_accepted; "
                                     "does = 0\n"));
  CHECK_THAT(text, ContainsSubstring("#define awaits_provision(s) ((s) == in_creating)\n"));
  CHECK_THAT(text, ContainsSubstring("  :: what = on_remove\n"));
  CHECK_FALSE(text.find("  :: what = on_idle_due\n") != std::string::npos);
  CHECK(count(text, "*/ :: ") == small_table.size());
}

TEST_CASE("every rule of the lifecycle has its line in the Markdown table", "[render]") {
  const auto text = fsm::to_markdown();
  for (const auto& rule : fsm::lifecycle) {
    CHECK(count(text, "\n| " + std::string{rule.id} + " |") == 1);
  }
  CHECK(count(text, "\n") == fsm::lifecycle.size() + 2);
}

TEST_CASE("every rule that leads somewhere is in both diagrams", "[render]") {
  const auto mermaid = fsm::to_mermaid();
  const auto dot = fsm::to_dot();
  for (const auto& rule : fsm::lifecycle) {
    const auto id = "(" + std::string{rule.id} + ")";
    INFO(id);
    CHECK((count(mermaid, id) > 0) == !rule.stays);
    CHECK((count(dot, id) > 0) == !rule.stays);
  }
}

TEST_CASE("the page explains every word its table uses", "[render]") {
  const auto page = fsm::lifecycle_page();
  for (const auto* word : {"stuck", "paused", "tags lenient", "initializing", "revision mismatch",
                           "adopt", "renew revision"}) {
    CHECK_THAT(page, ContainsSubstring("* **" + std::string{word} + "**: "));
  }
  for (const auto& which : fsm::legal_pairs) {
    CHECK_THAT(page, ContainsSubstring("\n| " + std::string{situation_name(which)} + " | " +
                                       situation_text(which) + " | "));
  }
}

TEST_CASE("an illegal pair has no name", "[render]") {
  CHECK(fsm::situation_name({fsm::state::failed, fsm::last_update_status::failed}).empty());
}
