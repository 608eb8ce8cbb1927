#include "support/deterministic_runtime.hpp"

// Nothing that rests on a transition leaves before the store has confirmed it; and when the store
// fails, nobody is told what nobody knows.

using namespace fsm::testing;
using fsm::errc;
using fsm::event;
using fsm::reason_code;

namespace {

struct durable : deterministic_runtime {
  /// Runs what can be run while a commit is kept back.
  void try_everything() {
    if (simulated()) settle();
  }
};

}  // namespace

TEST_CASE_METHOD(
    durable,
    "a create is answered, seen, listed and provisioned when it is durable, and not before",
    "[journal]") {
  static_cast<void>(rt());
  store->hold();
  const caught_view created;
  const caught_view read;
  const caught_view again;
  const caught_view waited;
  rt().create({.name = "f", .document = "one"}, created.callback());
  settle_before_commit();
  rt().get("f", read.callback());
  rt().create({.name = "f", .document = "two"}, again.callback());
  const auto waiting = rt().wait("f", fsm::exists, 1h, waited.callback());
  try_everything();
  CHECK(created.count() + read.count() + again.count() + waited.count() == 0);
  CHECK(seen->transitions().empty());
  CHECK(provider->call_count() == 0);
  CHECK(rt().size() == 0);
  CHECK(rt().list()->functions.empty());

  let_through();
  CHECK(pair_in(created.last()) == pairs::creating);
  CHECK(code(again.last()) == errc::already_exists);
  CHECK(code(waited.last()) == errc::none);
  CHECK(code(read.last()) == errc::none);
  CHECK(created.count() + read.count() + again.count() + waited.count() == 4);
  CHECK(provider->call_count() == 1);
  CHECK(pair_of("f") == pairs::ready);
}

TEST_CASE_METHOD(durable, "a read during an update's commit waits for it", "[journal]") {
  create_active("f");
  store->hold();
  const caught_view updated;
  const caught_view read;
  const caught_view refused;
  rt().update({.name = "f", .document = "two"}, updated.callback());
  settle_before_commit();
  rt().get("f", read.callback());
  rt().update({.name = "f", .document = "three"}, refused.callback());
  try_everything();
  CHECK(updated.count() + read.count() + refused.count() == 0);
  CHECK(provider->call_count() == 1);
  let_through();
  CHECK(code(refused.last()) == errc::update_in_progress);
  CHECK(read.count() == 1);
  CHECK(read.last()->document == "two");
}

TEST_CASE_METHOD(durable, "nothing is admitted on a transition that is not durable", "[journal]") {
  provider->provisions(replies::later);
  CHECK(create("f") == errc::none);
  store->hold();
  provider->answer(0);
  settle_before_commit();
  errc admitted = errc::internal;
  std::optional<fsm::admission> running;
  std::thread caller;
  // From inside a callback the fast way is all there is: it must not be open yet.
  const caught_view other;
  if (simulated()) {
    rt().wait("ghost", fsm::gone, 1h, [&](const auto&) { admitted = code(rt().admit("f")); })
        .detach();
    try_everything();
    CHECK(admitted == errc::internal);  // Even that answer comes behind the commit.
  } else {
    caller = std::thread{[&] {
      if (auto got = rt().admit("f")) running = *std::move(got);
    }};
  }
  CHECK(seen->transitions().size() == 1);
  store->let_through();
  if (caller.joinable()) caller.join();
  settle();
  CHECK(pair_of("f") == pairs::ready);
  CHECK(invoke("f") == errc::none);
  if (!simulated()) CHECK(running.has_value());
}

TEST_CASE_METHOD(
    durable,
    "a delete is answered when it is durable; until then nobody hears that the function is gone",
    "[journal]") {
  create_active("f");
  store->hold();
  const caught_view removed;
  const caught_view read;
  const caught_view created;
  const caught_view gone;
  const auto waiting = rt().wait("f", fsm::gone, 1h, gone.callback());
  rt().remove("f", 0, removed.callback());
  settle_before_commit();
  rt().get("f", read.callback());
  rt().create({.name = "f", .document = "new"}, created.callback());
  try_everything();
  CHECK(removed.count() + read.count() + created.count() + gone.count() == 0);
  CHECK(provider->releases_of("f").empty());
  CHECK(rt().size() == 1);

  let_through();
  CHECK(code(removed.last()) == errc::none);
  CHECK(code(read.last()) == errc::not_found);
  CHECK(code(gone.last()) == errc::none);
  CHECK(pair_in(created.last()) == pairs::creating);
  CHECK(removed.count() + read.count() + created.count() + gone.count() == 4);
  CHECK(provider->releases_of("f").size() == 1);
  CHECK(pair_of("f") == pairs::ready);
}

TEST_CASE_METHOD(durable,
                 "functions that are not concerned are answered while others wait for the store",
                 "[journal]") {
  create_active("calm");
  store->hold();
  const caught_view created;
  rt().create({.name = "f"}, created.callback());
  settle_before_commit();
  CHECK(pair_in(rt().get("calm")) == pairs::ready);
  CHECK(code(rt().update({.name = "calm", .document = "x", .expected_revision = 9})) ==
        errc::revision_mismatch);
  CHECK(code(rt().admit("calm")) == errc::none);
  CHECK(created.count() == 0);
  let_through();
}

TEST_CASE_METHOD(durable, "what gathers during a commit is written together by the next one",
                 "[journal]") {
  static_cast<void>(rt());
  store->hold();
  provider->provisions(replies::later);
  std::vector<caught_view> answers(10);
  rt().create({.name = "f0"}, answers[0].callback());
  settle_before_commit();
  CHECK(store->names() == std::vector<std::string>{"f0"});
  for (int i = 1; i < 10; ++i)
    rt().create({.name = "f" + std::to_string(i)}, answers[i].callback());
  try_everything();
  CHECK(store->commits() == 1);
  let_through();
  if (simulated()) CHECK(store->commits() == 2);
  for (const auto& one : answers) CHECK(one.count() == 1);
}

TEST_CASE_METHOD(durable, "beyond the journal's limit callers are refused and nothing is changed",
                 "[journal]") {
  how.journal_max = 16;
  create_active("old");
  store->hold();
  std::vector<caught_view> answers(16);
  for (int i = 0; i < 16; ++i)
    rt().create({.name = "f" + std::to_string(i)}, answers[i].callback());
  settle_before_commit();
  CHECK(code(rt().create({.name = "more"})) == errc::too_many_requests);
  CHECK(code(rt().update({.name = "old", .document = "two"})) == errc::too_many_requests);
  CHECK(code(rt().remove("old")) == errc::too_many_requests);
  CHECK(code(rt().admit("old")) == errc::none);
  CHECK(pair_in(rt().get("old")) == pairs::ready);
  let_through();
  for (const auto& one : answers) CHECK(code(one.last()) == errc::none);
  CHECK(get_code("more") == errc::not_found);
  CHECK(create("more") == errc::none);
}

TEST_CASE_METHOD(durable, "beyond the limit of calls under way callbacks are refused at once",
                 "[journal]") {
  how.calls_max = 3;
  create_active("old");
  store->hold();
  const caught_view created;
  rt().create({.name = "f"}, created.callback());
  settle_before_commit();
  std::vector<caught_view> reads(2);
  for (const caught_view& one : reads) rt().get("f", one.callback());
  CHECK(created.count() + reads[0].count() + reads[1].count() == 0);
  const caught_view refused;
  SECTION("a create") { rt().create({.name = "more"}, refused.callback()); }
  SECTION("an update") { rt().update({.name = "old", .document = "two"}, refused.callback()); }
  SECTION("a change") { rt().change({.name = "old", .event = event::tag}, refused.callback()); }
  SECTION("a removal") { rt().remove("old", 0, refused.callback()); }
  SECTION("a read") { rt().get("old", refused.callback()); }
  SECTION("a look") { rt().look("old", refused.callback()); }
  SECTION("an asynchronous invocation") { rt().admit_async("old", refused.callback()); }
  REQUIRE(refused.count() == 1);
  CHECK(code(refused.last()) == errc::too_many_requests);
  CHECK(refused.last().error().message == "3 calls with a callback are under way");
  CHECK(rt().statistics().refusals[static_cast<std::size_t>(errc::too_many_requests)] == 1);
  // Who waits for the answer is bounded by the number of threads.
  CHECK(pair_in(rt().get("old")) == pairs::ready);

  let_through();
  CHECK(code(created.last()) == errc::none);
  for (const caught_view& one : reads) CHECK(code(one.last()) == errc::none);
  CHECK(get_code("more") == errc::not_found);
  const caught_view again;
  rt().get("old", again.callback());
  settle();
  CHECK(pair_in(again.last()) == pairs::ready);
}

TEST_CASE_METHOD(durable, "waits that cannot be armed yet have a limit too", "[journal][waiters]") {
  how.calls_max = 2;
  how.waiters_max = 1;
  create_active("old");
  store->hold();
  const caught_view created;
  rt().create({.name = "f"}, created.callback());
  settle_before_commit();
  std::vector<caught_view> waits(3);
  std::vector<fsm::subscription> subscriptions;
  for (const caught_view& one : waits)
    subscriptions.push_back(rt().wait("f", fsm::ready, 1h, one.callback()));
  CHECK(waits[0].count() + waits[1].count() + waits[2].count() == 0);
  const caught_view refused;
  subscriptions.push_back(rt().wait("f", fsm::ready, 1h, refused.callback()));
  REQUIRE(refused.count() == 1);
  CHECK(code(refused.last()) == errc::too_many_requests);
  CHECK(refused.last().error().message == "3 waits are under way");

  let_through();
  for (const caught_view& one : waits) CHECK(one.count() == 1);
  const caught_view again;
  subscriptions.push_back(rt().wait("f", fsm::ready, 1h, again.callback()));
  settle();
  CHECK(pair_in(again.last()) == pairs::ready);
}

TEST_CASE_METHOD(
    durable, "a commit that fails leaves its callers with an unknown outcome and is told to nobody",
    "[journal][failure]") {
  create_active("calm");
  create_active("f");
  expect_broken();
  const caught_view waited;
  const auto waiting = rt().wait("f", fsm::gone, 1h, waited.callback());
  settle();
  store->hold();
  const std::size_t transitions = seen->transitions().size();
  const std::size_t calls = provider->call_count();
  const caught_view updated;
  const caught_view created;
  const caught_view removed;
  const caught_view gathered;
  rt().update({.name = "f", .document = "two"}, updated.callback());
  settle_before_commit();
  rt().create({.name = "new"}, created.callback());
  rt().remove("f", 0, removed.callback());
  rt().get("f", gathered.callback());
  store->fail();
  settle();
  for (const auto& one : {updated, created, removed, gathered}) {
    CHECK(one.count() == 1);
    CHECK(code(one.last()) == errc::outcome_unknown);
  }
  CHECK(waited.count() == 0);
  CHECK(seen->transitions().size() == transitions);
  CHECK(provider->call_count() == calls);
  CHECK(rt().size() == 2);

  // Nothing more is written...
  store->let_through();
  const std::size_t commits = store->commits();
  CHECK(create("other") == errc::outcome_unknown);
  CHECK(update("calm") == errc::outcome_unknown);
  CHECK(remove("calm") == errc::outcome_unknown);
  CHECK(store->commits() == commits);
  // ...what was touched cannot be told, and everything else can.
  CHECK(get_code("f") == errc::outcome_unknown);
  CHECK(get_code("new") == errc::outcome_unknown);
  CHECK(code(rt().admit("f")) == errc::outcome_unknown);
  CHECK(pair_of("calm") == pairs::ready);
  CHECK(code(rt().admit("calm")) == errc::none);
  CHECK(get_code("ghost") == errc::not_found);
  CHECK(rt().history("calm")->size() == 2);
  const caught_view calm;
  const caught_view waited_for_calm;
  const caught_view touched;
  rt().get("calm", calm.callback());
  rt().get("f", touched.callback());
  rt().wait("calm", fsm::active, 1h, waited_for_calm.callback()).detach();
  settle();
  CHECK(pair_in(calm.last()) == pairs::ready);
  CHECK(pair_in(waited_for_calm.last()) == pairs::ready);
  CHECK(code(touched.last()) == errc::outcome_unknown);
  // Nor does time touch it.
  advance(std::chrono::days{365});
  CHECK(pair_of("calm") == pairs::ready);
  CHECK(code(rt().admit("calm")) == errc::none);
}

TEST_CASE_METHOD(durable,
                 "a runtime whose store has failed can be stopped, and answers its waiters",
                 "[journal][failure]") {
  create_active("f");
  expect_broken();
  const caught_view waited;
  const caught_view updated;
  const auto waiting = rt().wait("f", fsm::gone, 1h, waited.callback());
  settle();
  store->hold();
  rt().update({.name = "f", .document = "two"}, updated.callback());
  settle_before_commit();
  store->fail();
  settle();
  rt().stop();
  CHECK(code(waited.last()) == errc::stopped);
  CHECK(waited.count() == 1);
  CHECK(code(updated.last()) == errc::outcome_unknown);
  CHECK(seen->stops() == 1);
}

// -- the end --------------------------------------------------------------------------------------

TEST_CASE_METHOD(durable, "every call after the end is refused with stopped", "[journal][stop]") {
  const std::string name(64, 'n');  // So long that it lives outside of the function.
  create_active(name);
  create_active("f");
  expect_broken();
  rt().stop();
  for (const std::string& f : {name, std::string{"f"}, std::string{"ghost"}}) {
    INFO(f);
    CHECK(code(rt().create({.name = f})) == errc::stopped);
    CHECK(code(rt().get(f)) == errc::stopped);
    CHECK(code(rt().update({.name = f})) == errc::stopped);
    CHECK(code(rt().update(f, [](const auto& v) { return v.document; })) == errc::stopped);
    CHECK(code(rt().remove(f)) == errc::stopped);
    CHECK(code(rt().admit(f)) == errc::stopped);
    CHECK(code(rt().wait(f, fsm::active, 1h)) == errc::stopped);
    CHECK(code(rt().history(f)) == errc::stopped);
    const caught_view created;
    const caught_view read;
    const caught_view updated;
    const caught_view removed;
    const caught_view waited;
    rt().create({.name = f}, created.callback());
    rt().get(f, read.callback());
    rt().update({.name = f}, updated.callback());
    rt().remove(f, 0, removed.callback());
    static_cast<void>(rt().wait(f, fsm::active, 1h, waited.callback()));
    for (const auto& one : {created, read, updated, removed, waited}) {
      CHECK(one.count() == 1);
      CHECK(code(one.last()) == errc::stopped);
    }
  }
  CHECK(code(rt().list()) == errc::stopped);
  CHECK(code(rt().names("", "", 10)) == errc::stopped);
  rt().settle();
  advance(30 * 24h);
  CHECK(seen->transitions().size() == 4);
}

TEST_CASE_METHOD(durable, "the end waits for what was acknowledged to become durable",
                 "[journal][stop]") {
  create_active("f");
  expect_broken();
  store->hold();
  const caught_view updated;
  rt().update({.name = "f", .document = "two"}, updated.callback());
  settle_before_commit();
  if (simulated()) {
    store->let_through();
    rt().stop();
  } else {
    std::thread stopper{[&] { rt().stop(1min); }};
    store->let_through();
    stopper.join();
  }
  CHECK(pair_in(updated.last()) == pairs::updating);
  CHECK(updated.count() == 1);
}

TEST_CASE_METHOD(durable,
                 "the end does not wait for a store that is silent, and a late answer harms nobody",
                 "[journal][stop]") {
  create_active("f");
  expect_broken();
  store->hold();
  const caught_view updated;
  rt().update({.name = "f", .document = "two"}, updated.callback());
  settle_before_commit();
  rt().stop(1ms);
  CHECK(updated.count() == 1);
  CHECK(code(updated.last()) == errc::outcome_unknown);
  store->let_through();
}

TEST_CASE("a runtime can be moved, and the moved-to one goes on", "[stop]") {
  fsm::options how;
  how.clock = std::make_shared<fsm::manual_clock>();
  how.functions_max = 64;
  how.threads = 1;
  fsm::runtime first{how};
  CHECK(first.create({.name = "f"}).has_value());
  fsm::runtime second{std::move(first)};
  CHECK(second.get("f").has_value());
  fsm::runtime third{how};
  third = std::move(second);
  CHECK(third.get("f").has_value());
}

TEST_CASE("a runtime may end with everything under way", "[stop]") {
  for (int i = 0; i < 20; ++i) {
    deterministic_runtime r{i % 2 == 0 ? fsm::run_mode::inline_when_idle
                                       : fsm::run_mode::scheduled};
    r.expect_broken();
    r.provider->provisions(i % 3 == 0 ? replies::later : replies::after(1s));
    for (int f = 0; f < 50; ++f)
      r.rt().create({.name = "f" + std::to_string(f)}, [](const auto&) {});
    if (i % 4 == 0) r.rt().wait("f1", fsm::active, 1h, [](const auto&) {}).detach();
  }
}
