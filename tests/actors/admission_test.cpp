#include "support/deterministic_runtime.hpp"

// Running invocations across updates, deletes and the end of the runtime.

using namespace fsm::testing;
using fsm::errc;
using fsm::reason_code;
using fsm::state;
using numbers = std::vector<std::uint32_t>;

TEST_CASE_METHOD(deterministic_runtime,
                 "the old version's resources go when its last invocation has ended",
                 "[admission][draining]") {
  create_active("f");
  auto first = admit("f");
  auto second = admit("f");
  CHECK(update("f", "two") == errc::none);
  REQUIRE(pair_of("f") == pairs::ready);
  CHECK(admit("f").version() == 2);
  CHECK(first.version() == 1);
  CHECK(provider->releases_of("f").empty());
  first.complete();
  first.complete();  // Counts once.
  settle();
  CHECK(provider->releases_of("f").empty());
  second.complete();
  settle();
  CHECK(provider->released("f") == numbers{1});
}

TEST_CASE_METHOD(deterministic_runtime,
                 "the old version's resources go at its invocations' deadline at the latest",
                 "[admission][draining]") {
  create_active("f");
  const auto lost = admit("f");
  CHECK(update("f", "two") == errc::none);
  advance(how.admission_timeout - 1ms);
  CHECK(provider->releases_of("f").empty());
  advance(1ms);
  CHECK(provider->released("f") == numbers{1});
}

TEST_CASE_METHOD(deterministic_runtime, "completions of an old version do not disturb the new one",
                 "[admission][draining]") {
  how.idle_after = 1min;
  how.admission_timeout = 1h;
  create_active("f");
  auto old = admit("f");
  CHECK(update("f", "two") == errc::none);
  const auto current = admit("f");
  old.complete();
  settle();
  advance(30min);
  // `current` is still counted, so the function is in use.
  CHECK(pair_of("f") == pairs::ready);
  CHECK(provider->released("f") == numbers{1});
}

TEST_CASE_METHOD(deterministic_runtime, "several versions may drain at once, each to its own end",
                 "[admission][draining]") {
  create_active("f");
  auto one = admit("f");
  CHECK(update("f", "two") == errc::none);
  auto two = admit("f");
  CHECK(update("f", "three") == errc::none);
  auto three = admit("f");
  CHECK(three.version() == 3);
  two.complete();
  settle();
  CHECK(provider->released("f") == numbers{2});
  one.complete();
  settle();
  CHECK(provider->released("f") == numbers{2, 1});
  three.complete();
  settle();
  CHECK(provider->released("f") == numbers{2, 1});
}

TEST_CASE_METHOD(deterministic_runtime,
                 "a deleted function's resources go when its last invocation has ended",
                 "[admission][draining]") {
  create_active("f");
  const auto uid = view("f").uid;
  auto running = admit("f");
  CHECK(remove("f") == errc::none);
  CHECK(get_code("f") == errc::not_found);
  create_active("f");
  auto of_successor = admit("f");
  CHECK(provider->releases_of("f").empty());
  running.complete();
  settle();
  REQUIRE(provider->releases_of("f").size() == 1);
  CHECK(provider->at(provider->releases_of("f")[0]).token == fsm::attempt_token{uid, 1});
  of_successor.complete();
  settle();
  CHECK(provider->releases_of("f").size() == 1);
}

TEST_CASE_METHOD(deterministic_runtime,
                 "a deleted function's resources go at its invocations' deadline at the latest",
                 "[admission][draining]") {
  create_active("f");
  auto lost = admit("f");
  CHECK(remove("f") == errc::none);
  advance(how.admission_timeout - 1ms);
  CHECK(provider->releases_of("f").empty());
  advance(1ms);
  CHECK(provider->released("f") == numbers{1});
  lost.complete();
  settle();
  CHECK(provider->released("f") == numbers{1});
}

TEST_CASE_METHOD(deterministic_runtime,
                 "a delete during an update waits for invocations with the old resources only",
                 "[admission][draining]") {
  create_active("f");
  auto running = admit("f");
  provider->next_provisions({replies::later});
  CHECK(update("f") == errc::none);
  CHECK(remove("f") == errc::none);
  provider->answer(1);
  settle();
  CHECK(provider->released("f") == numbers{2});
  running.complete();
  settle();
  CHECK(provider->released("f") == numbers{2, 1});
}

TEST_CASE_METHOD(
    deterministic_runtime,
    "the resources of an invocation are not released before the end of its version is durable",
    "[admission][draining]") {
  create_active("f");
  auto running = admit("f");
  provider->next_provisions({replies::later});
  CHECK(update("f", "two") == errc::none);
  store->hold();
  provider->answer(1);
  settle_before_commit();
  running.complete();
  if (simulated()) settle();
  // Should the commit be lost, version 1 is still what counts.
  CHECK(provider->releases_of("f").empty());
  let_through();
  CHECK(provider->released("f") == numbers{1});
}

TEST_CASE_METHOD(deterministic_runtime, "an admission can be moved, and counts once",
                 "[admission]") {
  how.idle_after = 1min;
  create_active("f");
  fsm::admission kept;
  {
    auto first = admit("f");
    kept = std::move(first);
  }
  advance(10min);
  CHECK(state_of("f") == state::active);
  auto second = admit("f");
  kept = std::move(second);  // The first one completes.
  kept = fsm::admission{};
  advance(1min + 1s);
  CHECK(state_of("f") == state::inactive);
}

TEST_CASE_METHOD(deterministic_runtime, "an admission may outlive its function and its runtime",
                 "[admission]") {
  const std::string long_name(64, 'x');
  create_active(long_name);
  create_active("g");
  auto running = admit(long_name);
  auto of_removed = admit("g");
  CHECK(remove("g") == errc::none);
  expect_broken();
  rt().stop();
  CHECK(running.version() == 1);
  running.complete();
  of_removed.complete();
}

TEST_CASE_METHOD(
    deterministic_runtime,
    "invocations given up as lost may still be given back after the end of the runtime",
    "[admission]") {
  how.idle_after = 1min;
  create_active("f");
  create_active("g");
  auto first = admit("f");
  auto second = admit("f");
  auto of_old_version = admit("g");
  CHECK(update("g", "two") == errc::none);
  advance(how.admission_timeout + 1min);
  REQUIRE(state_of("f") == state::inactive);
  create_active("h");
  auto running = admit("h");
  rt().stop();
  expect_broken();
  first.complete();
  of_old_version.complete();
  running.complete();
  second.complete();
}

TEST_CASE_METHOD(deterministic_runtime,
                 "by option an invocation of an Inactive function waits for the restore",
                 "[admission]") {
  how.inactive = fsm::on_inactive::hold;
  create_inactive("f");
  const auto admitted = rt().admit("f");
  REQUIRE(admitted.has_value());
  CHECK(admitted->resource().number == 2);
  CHECK(state_of("f") == state::active);
}

TEST_CASE_METHOD(deterministic_runtime,
                 "an invocation that waited for a restore that failed says why", "[admission]") {
  how.inactive = fsm::on_inactive::hold;
  create_inactive("f");
  provider->next_provisions({replies::fails(reason_code::subnet_out_of_ip_addresses)});
  how.hold_max = 1ms;
  if (!simulated()) return;  // Somebody has to move the clock.
  CHECK(invoke("f") == errc::function_initializing);
  CHECK(state_of("f") == state::inactive);
}

TEST_CASE_METHOD(deterministic_runtime,
                 "a batch is answered as its names would be one by one, in their order",
                 "[admission]") {
  std::vector<std::string> texts;
  for (int i = 0; i < 100; ++i) {
    texts.push_back("f" + std::to_string(i));
    if (i % 7 != 0) create_active(texts.back());
  }
  provider->next_provisions({replies::later});
  REQUIRE(create("f0") == errc::none);  // Pending; the other sevenths do not exist.
  texts.push_back("f1");                // Twice in one batch.
  const std::vector<std::string_view> names{texts.begin(), texts.end()};
  std::vector<fsm::expected<fsm::admission>> answers(names.size());
  rt().admit_batch(names, answers);
  for (std::size_t i = 0; i < names.size(); ++i) {
    INFO(names[i]);
    const errc expected = i == 0                  ? errc::function_pending
                          : i % 7 == 0 && i < 100 ? errc::not_found
                                                  : errc::none;
    CHECK(code(answers[i]) == expected);
    if (answers[i]) CHECK(answers[i]->resource() == fsm::attempt_token{view(texts[i]).uid, 1});
  }
  // What is answered anew gives back what was held.
  advance(how.idle_after - 1h);
  rt().admit_batch(names, answers);
  answers.clear();
  advance(2h);
  CHECK(state_of("f1") == state::active);
  advance(how.idle_after);
  CHECK(state_of("f1") == state::inactive);
}

TEST_CASE_METHOD(deterministic_runtime, "a batch wakes the Inactive functions in it",
                 "[admission]") {
  create_inactive("sleeper");
  create_active("awake");
  const std::vector<std::string_view> names{"sleeper", "awake"};
  std::vector<fsm::expected<fsm::admission>> answers(2);
  rt().admit_batch(names, answers);
  CHECK(code(answers[0]) == errc::function_initializing);
  CHECK(code(answers[1]) == errc::none);
  settle();
  rt().admit_batch(names, answers);
  CHECK(code(answers[0]) == errc::none);
}

TEST_CASE_METHOD(deterministic_runtime, "an empty batch is no batch", "[admission]") {
  rt().admit_batch({}, {});
}

TEST_CASE_METHOD(deterministic_runtime,
                 "the document of an admission is that of its version, as long as that is kept",
                 "[admission]") {
  create_active("f");
  const auto running = admit("f");
  const caught<std::string> document;
  rt().document(running, document.callback());
  CHECK(*document.last() == "one");
  CHECK(update("f", "two") == errc::none);
  rt().document(running, document.callback());
  CHECK(code(document.last()) == errc::not_found);
  rt().document(admit("f"), document.callback());
  CHECK(*document.last() == "two");
}

TEST_CASE_METHOD(deterministic_runtime, "without documents an admission's is empty",
                 "[admission]") {
  how.store = fsm::make_null_store();
  create_active("f");
  const caught<std::string> document;
  rt().document(admit("f"), document.callback());
  CHECK(document.last()->empty());
}

TEST_CASE_METHOD(deterministic_runtime,
                 "whether an admission has to wait is told for every name and situation",
                 "[admission]") {
  create_active("f");
  create_inactive("idle");
  CHECK(rt().admits("nobody"));  // The refusal comes at once.
  CHECK_FALSE(rt().admits("idle"));
  advance(0s);
  const caught_view then;
  rt().admit_async("idle", then.callback());
  settle();
  CHECK(code(then.last()) == errc::none);
  CHECK(rt().admits("idle"));
}
