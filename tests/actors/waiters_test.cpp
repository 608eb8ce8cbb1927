#include "support/deterministic_runtime.hpp"

#include <catch2/matchers/catch_matchers_string.hpp>

#include <atomic>
#include <thread>

// Waiting for situations: fired by the transition, exact to the millisecond, answered exactly once.

using namespace fsm::testing;
using Catch::Matchers::ContainsSubstring;
using fsm::condition;
using fsm::errc;
using fsm::reason_code;
using fsm::state;

namespace {

struct waiting : deterministic_runtime {
  /// A waiter that lives as long as the test, or until it is cancelled.
  caught_view wait_for(const std::string& name, const condition& what, fsm::duration timeout = 1h) {
    const caught_view answer;
    subscriptions.push_back(rt().wait(name, what, timeout, answer.callback()));
    settle();
    return answer;
  }
  [[nodiscard]] std::uint64_t last_sequence(const std::string& name) {
    const auto history = rt().history(name);
    REQUIRE(history.has_value());
    return history->back().sequence;
  }
  void create_pending(const std::string& name) {
    provider->next_provisions({replies::later});
    REQUIRE(create(name) == errc::none);
    REQUIRE(pair_of(name) == pairs::creating);
  }

  std::vector<fsm::subscription> subscriptions;
};

}  // namespace

TEST_CASE_METHOD(waiting, "a waiter whose condition holds already is answered at once",
                 "[waiters]") {
  create_active("f");
  const auto seen_active = wait_for("f", fsm::active, 0ms);
  CHECK(seen_active.count() == 1);
  CHECK(pair_in(seen_active.last()) == pairs::ready);
  CHECK(seen_active.last()->revision == 2);
  CHECK(code(rt().wait("f", fsm::active, 0ms)) == errc::none);
  CHECK(pair_in(rt().wait("f", fsm::ready, 0ms)) == pairs::ready);
  CHECK(pair_in(rt().wait("f", fsm::settled, 0ms)) == pairs::ready);
  CHECK(pair_in(rt().wait("f", fsm::exists, 0ms)) == pairs::ready);
}

TEST_CASE_METHOD(waiting, "a waiter for what comes later is not answered by what is there",
                 "[waiters]") {
  create_active("f");
  provider->next_provisions({replies::later});
  REQUIRE(update("f") == errc::none);
  condition of_update = fsm::settled;
  of_update.after = last_sequence("f");
  const auto settled = wait_for("f", of_update);
  condition later = fsm::active;
  later.after = last_sequence("f");
  const auto active = wait_for("f", later);
  CHECK(settled.count() + active.count() == 0);
  provider->answer(provider->call_count() - 1);
  settle();
  CHECK(pair_in(settled.last()) == pairs::ready);
  CHECK(last_sequence("f") > of_update.after);
  CHECK(pair_in(active.last()) == pairs::ready);
  // What is later than an earlier change is there at once.
  CHECK(wait_for("f", of_update, 0ms).count() == 1);
}

TEST_CASE_METHOD(waiting, "a waiter for what comes later is told when the function is deleted",
                 "[waiters]") {
  create_active("f");
  condition later = fsm::active;
  later.after = last_sequence("f");
  const auto active = wait_for("f", later);
  REQUIRE(remove("f") == errc::none);
  CHECK(code(active.last()) == errc::unreachable);
}

TEST_CASE_METHOD(waiting, "a waiter is answered by the transition it waits for", "[waiters]") {
  create_pending("f");
  const auto active = wait_for("f", fsm::active);
  const auto inactive = wait_for("f", fsm::inactive, 30 * 24h);
  const auto settled = wait_for("f", fsm::settled);
  const auto gone = wait_for("f", fsm::gone, 60 * 24h);
  const auto failed = wait_for("f", fsm::failed);
  CHECK(active.count() + inactive.count() + settled.count() + gone.count() + failed.count() == 0);

  provider->answer(0);
  settle();
  CHECK(pair_in(active.last()) == pairs::ready);
  CHECK(pair_in(settled.last()) == pairs::ready);
  CHECK(inactive.count() == 0);

  advance(how.idle_after + 1s);
  CHECK(pair_in(inactive.last()) == pairs::idle);
  CHECK(gone.count() == 0);
  CHECK(code(failed.last()) == errc::timed_out);

  CHECK(remove("f") == errc::none);
  CHECK(gone.count() == 1);
  CHECK(code(gone.last()) == errc::none);
  for (const auto& one : {active, inactive, settled, gone, failed}) CHECK(one.count() == 1);
}

TEST_CASE_METHOD(waiting, "an update in progress is waited for until it is settled", "[waiters]") {
  create_active("f");
  provider->provisions(replies::later);
  CHECK(update("f") == errc::none);
  CHECK(pair_in(rt().wait("f", fsm::active, 0ms)) == pairs::updating);
  CHECK(pair_in(rt().wait("f", fsm::ready, 0ms)) == pairs::updating);
  const auto settled = wait_for("f", fsm::settled);
  CHECK(settled.count() == 0);
  provider->answer(1, replies::fails(reason_code::invalid_image, "why"));
  settle();
  CHECK(pair_in(settled.last()) == pairs::update_failed);
  CHECK(settled.last()->update_reason == "why");
}

TEST_CASE_METHOD(waiting, "a waiter that is hopeless is told so, and why", "[waiters]") {
  create_pending("f");
  create_pending("g");
  const auto active = wait_for("f", fsm::active);
  const auto failed = wait_for("f", fsm::failed);
  const auto deleted = wait_for("g", fsm::active);
  provider->answer(0, replies::fails(reason_code::invalid_subnet, "no subnet"));
  CHECK(remove("g") == errc::none);
  CHECK(code(active.last()) == errc::unreachable);
  CHECK(active.last().error().state == state::failed);
  CHECK(active.last().error().reason == reason_code::invalid_subnet);
  CHECK_THAT(active.last().error().message, ContainsSubstring("f is Failed"));
  CHECK(pair_in(failed.last()) == pairs::broken);
  CHECK(failed.last()->state_reason == "no subnet");
  CHECK(code(deleted.last()) == errc::unreachable);
  CHECK(deleted.last().error().state == state::none);
  // Hopeless from the start.
  CHECK(code(rt().wait("f", fsm::active, 1h)) == errc::unreachable);
  CHECK(code(rt().wait("ghost", fsm::active, 1h)) == errc::not_found);
  provider->answer(1);
  settle();
}

TEST_CASE_METHOD(waiting, "a waiter's deadline is exact", "[waiters]") {
  create_pending("f");
  const auto first = wait_for("f", fsm::active, 20s);
  const auto later = wait_for("f", fsm::active, 20s + 1ms);
  const auto never = wait_for("f", fsm::active, fsm::duration::max());
  advance(20s - 1ms);
  CHECK(first.count() == 0);
  advance(1ms);
  CHECK(code(first.last()) == errc::timed_out);
  CHECK(first.last().error().state == state::pending);
  CHECK_THAT(first.last().error().message, ContainsSubstring("it is Pending"));
  CHECK(later.count() == 0);
  advance(1ms);
  CHECK(code(later.last()) == errc::timed_out);
  provider->answer(0);
  settle();
  CHECK(pair_in(never.last()) == pairs::ready);
  CHECK(first.count() + later.count() + never.count() == 3);
}

TEST_CASE_METHOD(waiting,
                 "a deadline that has passed already is a time-out, unless the condition holds",
                 "[waiters]") {
  create_pending("f");
  CHECK(code(wait_for("f", fsm::active, 0ms).last()) == errc::timed_out);
  CHECK(code(wait_for("f", fsm::active, -5s).last()) == errc::timed_out);
  CHECK(code(wait_for("f", fsm::exists, -5s).last()) == errc::none);
  CHECK(code(wait_for("ghost", fsm::exists, 0ms).last()) == errc::timed_out);
}

TEST_CASE_METHOD(waiting, "a transition at the very moment of the deadline counts", "[waiters]") {
  provider->next_provisions({replies::after(20s)});
  CHECK(create("f") == errc::none);
  const auto waiter = wait_for("f", fsm::active, 20s);
  advance(20s);
  CHECK(waiter.count() == 1);
  CHECK(pair_of("f") == pairs::ready);
}

TEST_CASE_METHOD(waiting, "deadlines far apart and close together are all kept", "[waiters]") {
  create_pending("f");
  how.provisioner.attempts_max = 100;
  std::vector<std::pair<fsm::duration, caught_view>> waiters;
  for (const fsm::duration d :
       {1ms, 63ms, 64ms, 65ms, 4095ms, 4096ms, 4097ms, 262'143ms, 262'144ms, 262'145ms}) {
    waiters.emplace_back(d, wait_for("f", fsm::inactive, d));
  }
  fsm::duration passed{0};
  for (const auto& [deadline, waiter] : waiters) {
    advance(deadline - passed - 1ms);
    INFO("after " << deadline.count() << " ms");
    CHECK(waiter.count() == 0);
    advance(1ms);
    CHECK(code(waiter.last()) == errc::timed_out);
    passed = deadline;
  }
}

TEST_CASE_METHOD(waiting, "a waiter can be cancelled, by a call or by letting go", "[waiters]") {
  create_pending("f");
  const caught_view by_call;
  const caught_view by_scope;
  const caught_view detached;
  auto subscription = rt().wait("f", fsm::active, 1h, by_call.callback());
  { const auto scoped = rt().wait("f", fsm::active, 1h, by_scope.callback()); }
  rt().wait("f", fsm::active, 1h, detached.callback()).detach();
  settle();
  CHECK(code(by_scope.last()) == errc::cancelled);
  CHECK(by_call.count() == 0);
  subscription.cancel();
  subscription.cancel();
  settle();
  CHECK(code(by_call.last()) == errc::cancelled);
  provider->answer(0);
  settle();
  CHECK(by_call.count() == 1);
  CHECK(by_scope.count() == 1);
  CHECK(pair_in(detached.last()) == pairs::ready);
}

TEST_CASE_METHOD(waiting, "cancelling a waiter that was answered does nothing", "[waiters]") {
  create_active("f");
  const auto waiter = wait_for("f", fsm::active);
  subscriptions.clear();
  settle();
  CHECK(waiter.count() == 1);
  CHECK(code(waiter.last()) == errc::none);
}

TEST_CASE_METHOD(waiting, "a name may be waited for before it exists", "[waiters]") {
  const auto exists = wait_for("f", fsm::exists);
  const auto other = wait_for("g", fsm::exists, 10s);
  const auto active = wait_for("f", condition{fsm::active.fulfilled, {}});
  CHECK(exists.count() == 0);
  provider->next_provisions({replies::later});
  CHECK(create(fsm::create_request{.name = "f", .tenant = "blue"}) == errc::none);
  CHECK(pair_in(exists.last()) == pairs::creating);
  CHECK(exists.last()->tenant == "blue");
  CHECK(active.count() == 0);
  provider->answer(0);
  settle();
  CHECK(pair_in(active.last()) == pairs::ready);
  CHECK(active.last()->tenant == "blue");
  CHECK(active.last()->name == "f");
  advance(10s);
  CHECK(code(other.last()) == errc::timed_out);
}

TEST_CASE_METHOD(waiting, "gone is fulfilled by a function that never was", "[waiters]") {
  CHECK(code(wait_for("ghost", fsm::gone, 0ms).last()) == errc::none);
  CHECK(code(rt().wait("ghost", fsm::gone, 0ms)) == errc::none);
}

TEST_CASE_METHOD(waiting, "a waiter for a function does not mistake its successor for it",
                 "[waiters]") {
  create_pending("f");
  const auto gone = wait_for("f", fsm::gone);
  const auto active = wait_for("f", fsm::active);
  CHECK(remove("f") == errc::none);
  CHECK(code(active.last()) == errc::unreachable);
  create_active("f");
  CHECK(gone.count() == 1);
  CHECK(active.count() == 1);
  provider->answer(0);
  settle();
}

TEST_CASE_METHOD(waiting, "many waiters of one function are all answered, once each", "[waiters]") {
  create_pending("f");
  std::vector<caught_view> waiters(2'000);
  for (std::size_t i = 0; i < waiters.size(); ++i) {
    rt().wait("f", i % 2 == 0 ? fsm::active : fsm::failed, 1s + i * 1ms, waiters[i].callback())
        .detach();
  }
  settle();
  provider->answer(0);
  settle();
  for (std::size_t i = 0; i < waiters.size(); ++i)
    REQUIRE(waiters[i].count() == (i % 2 == 0 ? 1 : 0));
  advance(1s + 2s);
  for (const auto& one : waiters) REQUIRE(one.count() == 1);
}

TEST_CASE_METHOD(waiting, "there is a limit to waiters, and an answered one makes room",
                 "[waiters]") {
  how.waiters_max = 2;
  create_pending("f");
  const auto first = wait_for("f", fsm::active);
  const auto second = wait_for("ghost", fsm::exists);
  CHECK(code(wait_for("f", fsm::active).last()) == errc::too_many_requests);
  CHECK(code(rt().wait("f", fsm::active, 1h)) == errc::too_many_requests);
  CHECK(code(rt().wait("f", fsm::exists, 1h)) == errc::none);  // Needs no place.
  provider->answer(0);
  settle();
  CHECK(pair_in(first.last()) == pairs::ready);
  CHECK(wait_for("f", fsm::failed).count() == 0);
}

TEST_CASE_METHOD(waiting, "the end of the runtime answers every waiter", "[waiters]") {
  create_pending("f");
  const auto of_function = wait_for("f", fsm::active);
  const auto of_name = wait_for("ghost", fsm::exists);
  expect_broken();
  rt().stop();
  CHECK(code(of_function.last()) == errc::stopped);
  CHECK(code(of_name.last()) == errc::stopped);
  CHECK(of_function.count() + of_name.count() == 2);
  const caught_view late;
  static_cast<void>(rt().wait("f", fsm::active, 1h, late.callback()));
  CHECK(code(late.last()) == errc::stopped);
  subscriptions.clear();
}

TEST_CASE_METHOD(waiting, "a callback may wait again", "[waiters]") {
  create_pending("f");
  const caught_view second;
  fsm::subscription again;
  const auto first = rt().wait("f", fsm::active, 1h, [&](const auto&) {
    again = rt().wait("f", fsm::inactive, 30 * 24h, second.callback());
  });
  settle();
  provider->answer(0);
  settle();
  CHECK(second.count() == 0);
  advance(how.idle_after + 1s);
  CHECK(pair_in(second.last()) == pairs::idle);
}

TEST_CASE_METHOD(waiting, "a synchronous wait returns with the transition or with its deadline",
                 "[waiters]") {
  provider->next_provisions({replies::after(5s)});
  CHECK(create("f") == errc::none);
  const auto start = now();
  // Simulated, the call moves the clock itself; otherwise somebody else has to while this thread
  // waits.
  std::atomic<bool> done{false};
  std::thread mover{[&] {
    while (!simulated() && !done) static_cast<void>(clock->advance_to_next(now() + 1h));
  }};
  CHECK(pair_in(rt().wait("f", fsm::active, 1h)) == pairs::ready);
  CHECK(now() >= start + 5s);
  const auto second = now();
  CHECK(code(rt().wait("ghost", fsm::exists, 10s)) == errc::timed_out);
  CHECK(now() >= second + 10s);
  done = true;
  mover.join();
  if (simulated()) CHECK(now() == start + 15s);
}

TEST_CASE_METHOD(
    waiting,
    "a waiter that outlives its function waits for the name, not for whoever takes the "
    "place",
    "[waiters]") {
  const condition active_some_day{fsm::active.fulfilled, {}};
  create_inactive("f");
  const auto waiter = wait_for("f", active_some_day);
  REQUIRE(remove("f") == errc::none);
  CHECK(waiter.count() == 0);
  create_active("other");
  CHECK(waiter.count() == 0);
  create_active("f");
  CHECK(waiter.count() == 1);
  CHECK(waiter.last()->name == "f");
}

TEST_CASE_METHOD(waiting, "many waiters of many functions are each answered once, or cancelled",
                 "[waiters]") {
  std::vector<caught_view> answers;
  for (int i = 0; i < 50; ++i) {
    create_active("f" + std::to_string(i));
    for (int k = 0; k < 3; ++k)
      answers.push_back(wait_for("f" + std::to_string(i), fsm::inactive, 365 * 24h));
  }
  for (std::size_t i = 0; i < answers.size(); i += 3) subscriptions[i].cancel();
  settle();
  for (std::size_t i = 0; i < answers.size(); ++i)
    CHECK(answers[i].count() == (i % 3 == 0 ? 1 : 0));
  advance(15 * 24h);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    CHECK(answers[i].count() == 1);
    CHECK(code(answers[i].last()) == (i % 3 == 0 ? errc::cancelled : errc::none));
  }
}
