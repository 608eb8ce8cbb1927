#include "support/deterministic_runtime.hpp"

#include <algorithm>
#include <iterator>

// Idleness: safe, with an invocation or an update in flight never; live, within the idle time plus
// one tick.

using namespace fsm::testing;
using fsm::errc;
using fsm::event;
using fsm::reason_code;
using fsm::state;

namespace {

/// Idle times of an hour, so that a tick is 878 ms.
struct idling : deterministic_runtime {
  static constexpr fsm::duration tick = fsm::duration{1h} / 4096;
  idling() { how.idle_after = 1h; }
  /// When the function became Inactive last.
  [[nodiscard]] fsm::timestamp idle_since(const std::string& name) { return view(name).since; }
};

/// Can go on while commits are kept back.
struct idling_simulated : deterministic_runtime {
  idling_simulated() : deterministic_runtime{fsm::run_mode::scheduled} { how.idle_after = 1h; }
};

}  // namespace

TEST_CASE_METHOD(idling, "a function that is never invoked becomes Inactive after its idle time",
                 "[reclaimer]") {
  create_active("f");
  const auto made = now();
  advance(1h - 1ms);
  CHECK(state_of("f") == state::active);
  advance(1ms + tick);
  CHECK(state_of("f") == state::inactive);
  CHECK(idle_since("f") >= made + 1h);
  CHECK(idle_since("f") < made + 1h + tick);
  CHECK(provider->held().empty());
  CHECK(seen->transitions_of("f").back().cause == fsm::cause::timer);
}

TEST_CASE_METHOD(deterministic_runtime, "an admission restarts the idle clock", "[reclaimer]") {
  create_active("f");
  advance(13 * 24h);
  CHECK(invoke("f") == errc::none);
  advance(13 * 24h);
  CHECK(state_of("f") == state::active);
  advance(24h - 1ms);
  CHECK(state_of("f") == state::active);
  advance(1ms);
  CHECK(state_of("f") == state::inactive);
}

TEST_CASE_METHOD(idling, "a restore starts the idle clock anew", "[reclaimer]") {
  create_inactive("f");
  advance(10h);
  CHECK(invoke("f") == errc::function_initializing);
  REQUIRE(state_of("f") == state::active);
  advance(1h - 1ms);
  CHECK(state_of("f") == state::active);
  advance(1ms + tick);
  CHECK(state_of("f") == state::inactive);
}

TEST_CASE_METHOD(idling, "a refused invocation does not restart anything", "[reclaimer]") {
  create_active("f");
  advance(59min);
  CHECK(update("f", "two", 99) == errc::revision_mismatch);
  CHECK(create("f") == errc::already_exists);
  CHECK(get_code("f") == errc::none);
  advance(1min + tick);
  CHECK(state_of("f") == state::inactive);
}

TEST_CASE_METHOD(
    idling,
    "a function does not become Inactive while an invocation runs, and does after it has ended",
    "[reclaimer]") {
  how.admission_timeout = 6h;
  create_active("f");
  fsm::timestamp ended;
  {
    const auto running = admit("f");
    advance(5h);
    CHECK(state_of("f") == state::active);
    ended = now();
  }
  advance(1h - 1ms);
  CHECK(state_of("f") == state::active);
  advance(1ms + tick);
  CHECK(state_of("f") == state::inactive);
  CHECK(idle_since("f") >= ended + 1h);
}

TEST_CASE_METHOD(
    idling,
    "an invocation that never completes is lost after its time, and the function becomes Inactive",
    "[reclaimer]") {
  how.admission_timeout = 3h;
  create_active("f");
  advance(10min);
  const auto admitted_at = now();
  auto lost = admit("f");
  advance(3h - 1ms);
  CHECK(state_of("f") == state::active);
  advance(1ms + tick);
  CHECK(state_of("f") == state::inactive);
  CHECK(idle_since("f") < admitted_at + 3h + tick);

  // Its completion comes after all; by then the function is somebody else's.
  CHECK(invoke("f") == errc::function_initializing);
  REQUIRE(state_of("f") == state::active);
  const auto running = admit("f");
  lost.complete();
  settle();
  advance(2h);
  CHECK(state_of("f") == state::active);  // `running` still counts.
}

TEST_CASE_METHOD(idling,
                 "a lost invocation counts no longer than its time when the idle time is longer",
                 "[reclaimer]") {
  create_active("f");
  const auto lost = admit("f");
  advance(1h - 1ms);
  CHECK(state_of("f") == state::active);
  advance(1ms + tick);
  CHECK(state_of("f") == state::inactive);
}

TEST_CASE_METHOD(idling, "each function may have an idle time of its own", "[reclaimer]") {
  create_active("short", 10min);
  create_active("long", 30h);
  create_active("usual");
  advance(10min + tick);
  CHECK(state_of("short") == state::inactive);
  CHECK(state_of("usual") == state::active);
  advance(50min);
  CHECK(state_of("usual") == state::inactive);
  CHECK(state_of("long") == state::active);
  advance(29h);
  CHECK(state_of("long") == state::inactive);
  CHECK(invoke("short") == errc::function_initializing);
  advance(10min + tick);
  CHECK(state_of("short") == state::inactive);
}

TEST_CASE_METHOD(idling, "a function does not become Inactive during an update, and does after it",
                 "[reclaimer]") {
  how.provisioner.attempt_timeout = 4min;
  create_active("f");
  advance(58min);
  provider->next_provisions({replies::after(3min)});
  CHECK(update("f", "two") == errc::none);
  advance(2min + 30s);
  CHECK(pair_of("f") == pairs::updating);
  advance(30s + tick);
  // Nobody has invoked it for more than an hour.
  CHECK(pair_of("f") == pairs::idle);
  CHECK(view("f").version == 2);
  CHECK(provider->held().empty());
}

TEST_CASE_METHOD(idling, "a function whose update failed becomes Inactive, and keeps saying so",
                 "[reclaimer]") {
  create_active("f");
  provider->next_provisions({replies::fails(reason_code::invalid_image, "why")});
  CHECK(update("f") == errc::none);
  advance(1h + tick);
  const auto idle = view("f");
  CHECK(idle.pair() == pairs::idle_update_failed);
  CHECK(idle.update_reason == "why");
}

TEST_CASE_METHOD(idling, "functions that are due together become Inactive together",
                 "[reclaimer]") {
  for (int i = 0; i < 200; ++i)
    CHECK(code(rt().create({.name = "f" + std::to_string(i)})) == errc::none);
  settle();
  advance(1h + tick);
  CHECK(rt().count()[index_of(pairs::idle)] == 200);
}

TEST_CASE_METHOD(idling, "more functions may be due than the journal takes at once",
                 "[reclaimer]") {
  how.journal_max = 16;
  for (int i = 0; i < 100; ++i) {
    CHECK(code(rt().create({.name = "f" + std::to_string(i)})) == errc::none);
    settle();
  }
  advance(1h + 1min);
  CHECK(rt().count()[index_of(pairs::idle)] == 100);
}

TEST_CASE_METHOD(idling_simulated,
                 "a function becomes Inactive in its time however busy callers keep the journal",
                 "[reclaimer]") {
  create_active("f");
  advance(59min);
  store->hold();
  std::vector<caught_view> answers(500);
  for (std::size_t i = 0; i < answers.size(); ++i)
    rt().create({.name = "busy-" + std::to_string(i)}, answers[i].callback());
  settle();
  REQUIRE(seen->transitions_of("busy-0").empty());  // All of them are on their way.
  advance(1min + 1s);
  const caught_view late;
  rt().create({.name = "late"}, late.callback());
  let_through();
  const auto all = seen->transitions();
  const auto position = [&all](const auto& wanted) {
    return std::find_if(all.begin(), all.end(), wanted) - all.begin();
  };
  const auto idle = position([](const auto& t) { return t.event == event::idle_due; });
  const auto last = position([](const auto& t) { return t.name == "late"; });
  REQUIRE(last < std::ssize(all));
  CHECK(idle < last);
  CHECK(state_of("f") == state::inactive);
}

TEST_CASE_METHOD(idling, "a deleted function's idle time comes to nothing", "[reclaimer]") {
  create_active("f");
  advance(59min);
  CHECK(remove("f") == errc::none);
  create_active("f");
  advance(59min);
  CHECK(state_of("f") == state::active);
  CHECK(seen->transitions().size() == 5);
}

TEST_CASE_METHOD(idling, "years pass and nothing happens twice", "[reclaimer]") {
  create_active("f");
  advance(3 * 365 * 24h);
  CHECK(seen->transitions().size() == 3);
  CHECK(provider->released("f") == std::vector<std::uint32_t>{1});
}
