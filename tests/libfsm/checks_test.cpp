#include <fsm/checks.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// The checks that the compiler runs over the lifecycle table, run over tables with one mistake
// each.

namespace checks = fsm::checks;
namespace pairs = fsm::pairs;
using fsm::answer;
using fsm::effect;
using fsm::event;
using fsm::guard;
using fsm::reason_rule;
using fsm::row;

namespace {

std::vector<row> table() { return {fsm::lifecycle.begin(), fsm::lifecycle.end()}; }

std::vector<row> without(std::string_view id) {
  auto rows = table();
  REQUIRE(std::erase_if(rows, [id](const row& r) { return r.id == id; }) == 1);
  return rows;
}

template <class Change>
std::vector<row> with(std::string_view id, Change change) {
  auto rows = table();
  const auto found =
      std::find_if(rows.begin(), rows.end(), [id](const row& r) { return r.id == id; });
  REQUIRE(found != rows.end());
  change(*found);
  return rows;
}

row moving(std::string_view id, fsm::pair_set from, event on, fsm::pair to) {
  row r;
  r.id = id;
  r.from = from;
  r.on.bits = 1U << static_cast<unsigned>(on);
  r.to = to;
  r.stays = false;
  return r;
}

}  // namespace

TEST_CASE("the lifecycle has no defect", "[checks]") {
  CHECK_FALSE(checks::find_defect(fsm::lifecycle));
}

TEST_CASE("guards are complements of each other", "[checks]") {
  std::set<guard> seen;
  for (unsigned number = 0; number <= static_cast<unsigned>(guard::tags_lenient); ++number) {
    const auto when = static_cast<guard>(number);
    CHECK(checks::complement(checks::complement(when)) == when);
    CHECK((checks::complement(when) == when) == (when == guard::always));
    seen.insert(checks::complement(when));
  }
  CHECK(seen.size() == 11);
}

TEST_CASE("an empty table decides nothing and reaches nothing", "[checks]") {
  CHECK(checks::find_undecided({}));
  CHECK(checks::find_unreachable({}));
  CHECK(checks::find_defect({}));
}

TEST_CASE("leaving any row out is found", "[checks]") {
  for (const auto& rule : fsm::lifecycle) {
    INFO(rule.id);
    CHECK(checks::find_undecided(without(rule.id)));
  }
}

TEST_CASE("a missing row is reported with its pair and event", "[checks]") {
  const auto found = checks::find_undecided(without("T21d"));
  REQUIRE(found);
  CHECK(found->rule.empty());
  CHECK(found->pair == index_of(pairs::updating));
  CHECK(found->event == static_cast<std::size_t>(event::invoke_dry_run));
  CHECK(found->what == "every pair and event is decided");
}

TEST_CASE("a second row for one pair and event is found", "[checks]") {
  for (const auto& rule : fsm::lifecycle) {
    auto rows = table();
    rows.push_back(rule);
    rows.back().id = "twice";
    INFO(rule.id);
    CHECK(checks::find_undecided(rows));
  }
}

TEST_CASE("a guarded row without its counterpart is found", "[checks]") {
  const auto found = checks::find_undecided(without("T08"));
  REQUIRE(found);
  CHECK(found->rule == "T07");
  CHECK(found->what == "a guarded row has its counterpart");
}

TEST_CASE("guards that do not complement each other are found", "[checks]") {
  CHECK(checks::find_undecided(with("T08", [](row& r) { r.when = guard::fresh; })));
  CHECK(checks::find_undecided(with("T08", [](row& r) { r.when = guard::paused; })));
  CHECK(checks::find_undecided(with("T08", [](row& r) { r.when = guard::always; })));
}

TEST_CASE("a pair that nothing leads to is found", "[checks]") {
  auto rows = without("T58i");
  std::erase_if(rows, [](const row& r) { return r.id == "T58a"; });
  const auto found = checks::find_unreachable(rows);
  REQUIRE(found);
  CHECK(found->pair == index_of(pairs::restoring_update_failed));
}

TEST_CASE("a pair that is led to only from itself is found", "[checks]") {
  const auto rows = with("T05", [](row& r) { r.from = fsm::table_words::broken; });
  auto broken = rows;
  std::erase_if(broken, [](const row& r) { return r.id == "T08"; });
  const auto found = checks::find_unreachable(broken);
  REQUIRE(found);
  CHECK(found->pair == index_of(pairs::broken));
}

TEST_CASE("a row that leads to a pair outside the list is found", "[checks]") {
  const auto found = checks::find_malformed(with("T05", [](row& r) {
    r.to = {fsm::state::failed, fsm::last_update_status::successful};
  }));
  REQUIRE(found);
  CHECK(found->rule == "T05");
  CHECK(found->what == "a row names legal pairs only");
  CHECK(checks::find_malformed(with("T05", [](row& r) {
    r.to = {fsm::state::deleting, fsm::last_update_status::in_progress};
  })));
}

TEST_CASE("a row without an id, pair or event, or with foreign bits, is found", "[checks]") {
  CHECK(checks::find_malformed(with("T05", [](row& r) { r.id = ""; })));
  CHECK(checks::find_malformed(with("T05", [](row& r) { r.id = "T04"; })));
  CHECK(checks::find_malformed(with("T05", [](row& r) { r.from.bits = 0; })));
  CHECK(checks::find_malformed(with("T05", [](row& r) { r.on.bits = 0; })));
  CHECK(checks::find_malformed(with("T05", [](row& r) { r.from.bits |= 1U << 11U; })));
  CHECK(checks::find_malformed(with("T05", [](row& r) { r.on.bits |= 1U << fsm::event_count; })));
}

TEST_CASE("a call that moves a function by hand is found", "[checks]") {
  using namespace fsm::table_words;
  const std::vector<row> by_hand{
      moving("X1", creating, event::configure, pairs::ready),
      moving("X2", creating, event::create, pairs::ready),
      moving("X3", broken, event::update, pairs::creating),  // Without the policy that allows it.
      moving("X4", ready, event::update, pairs::ready),
      moving("X5", updating, event::update, pairs::ready),
      moving("X6", ready, event::publish, pairs::updating),
      moving("X7", ready, event::invoke, pairs::idle),
      moving("X8", idle, event::invoke, pairs::ready),
      moving("X9", idle, event::invoke,
             pairs::restoring_update_failed),  // Loses the update's status.
      moving("X10", ready, event::remove, pairs::idle),
      moving("X11", ready, event::read, pairs::absent),
      moving("X12", creating, event::publish, pairs::broken),  // Not stuck.
      moving("X13", idle, event::update, pairs::updating),
      moving("X14", ready, event::tag, pairs::updating),
      moving("X15", ready, event::remove_qualified, pairs::absent),
      moving("X16", idle, event::invoke_dry_run, pairs::restoring),
  };
  for (const auto& wrong : by_hand) {
    auto rows = table();
    rows.push_back(wrong);
    const auto found = checks::find_set_by_hand(rows);
    INFO(wrong.id);
    REQUIRE(found);
    CHECK(found->rule == wrong.id);
  }
}

TEST_CASE("a completion that is obeyed where nobody waits for it is found", "[checks]") {
  auto rows = table();
  rows.push_back(moving("X", fsm::table_words::ready, event::restore_succeeded, pairs::ready));
  CHECK(checks::find_misplaced_completion(rows)->rule == "X");
  CHECK(checks::find_misplaced_completion(with("N12", [](row& r) { r.effects = +effect::adopt; })));
  CHECK(
      checks::find_misplaced_completion(with("T49", [](row& r) { r.answer = answer::accepted; })));
}

TEST_CASE("a completion that is ignored where it is waited for is found", "[checks]") {
  for (const auto* id : {"T04", "T05", "T16", "T17", "T26", "T30", "T31", "T34", "T35", "T60"}) {
    const auto found = checks::find_misplaced_completion(with(id, [](row& r) { r.stays = true; }));
    REQUIRE(found);
    CHECK(found->rule == id);
  }
}

TEST_CASE("a refusal that acts is found", "[checks]") {
  CHECK(checks::find_acting_refusal(with("T18", [](row& r) { r.effects = +effect::touch; })));
  CHECK(checks::find_acting_refusal(with("T07", [](row& r) { r.effects = +effect::abandon; })));
  CHECK(
      checks::find_acting_refusal(with("T13", [](row& r) { r.answer = answer::state_conflict; })));
  CHECK(checks::find_acting_refusal(with("T27", [](row& r) { r.answer = answer::failed; })));
}

TEST_CASE("a situation without its reason, or with a stale one, is found", "[checks]") {
  const auto state_reason = [](std::string_view id, reason_rule wrong) {
    return checks::find_wrong_reason(with(id, [wrong](row& r) { r.state_reason = wrong; }));
  };
  const auto update_reason = [](std::string_view id, reason_rule wrong) {
    return checks::find_wrong_reason(with(id, [wrong](row& r) { r.update_reason = wrong; }));
  };
  CHECK(state_reason("T01", reason_rule::keep));
  CHECK(state_reason("T04", reason_rule::keep));
  CHECK(state_reason("T05", reason_rule::clear));
  CHECK(state_reason("T26", reason_rule::keep));
  CHECK(state_reason("T27", reason_rule::creating));
  CHECK(state_reason("T30", reason_rule::keep));
  CHECK(state_reason("T34", reason_rule::keep));
  CHECK(update_reason("T13", reason_rule::keep));
  CHECK(update_reason("T16", reason_rule::keep));
  CHECK(update_reason("T17", reason_rule::keep));
  CHECK(update_reason("T60", reason_rule::clear));
  CHECK(update_reason("T04", reason_rule::creating));
}
