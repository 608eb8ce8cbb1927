#include "support/deterministic_runtime.hpp"

#include <catch2/matchers/catch_matchers_string.hpp>

#include <future>
#include <memory>
#include <string>
#include <thread>

// The facade: what each call gives, what it refuses, and that a refused call changes nothing.

using namespace fsm::testing;
using Catch::Matchers::ContainsSubstring;
using fsm::errc;
using fsm::event;
using fsm::state;

namespace {

/// All that a refused call must leave as it was.
struct situation {
  fsm::function_view view;
  std::size_t transitions = 0;
  std::size_t provider_calls = 0;
  std::uint64_t functions = 0;

  friend bool operator==(const situation& a, const situation& b) {
    return a.view.pair() == b.view.pair() && a.view.revision == b.view.revision &&
           a.view.version == b.view.version && a.view.target_version == b.view.target_version &&
           a.view.document == b.view.document && a.view.since == b.view.since &&
           a.transitions == b.transitions && a.provider_calls == b.provider_calls &&
           a.functions == b.functions;
  }
};

struct runtime_facade : deterministic_runtime {
  [[nodiscard]] situation now_is(const std::string& name) {
    return {.view = view(name),
            .transitions = seen->transitions().size(),
            .provider_calls = provider->call_count(),
            .functions = rt().size()};
  }
};

}  // namespace

TEST_CASE_METHOD(runtime_facade, "a created function is Pending until its resources are there",
                 "[runtime]") {
  provider->provisions(replies::later);
  const auto created = rt().create({.name = "resize", .document = "one", .tenant = "blue"});
  REQUIRE(created.has_value());
  CHECK(created->pair() == pairs::creating);
  CHECK(created->name == "resize");
  CHECK(created->tenant == "blue");
  CHECK(created->state_reason_code == fsm::reason_code::creating);
  CHECK(created->state_reason == "The function is being created.");
  CHECK(created->revision == 1);
  CHECK(created->since == now());
  settle();
  REQUIRE(provider->call_count() == 1);
  const auto asked = provider->at(0).request;
  CHECK(asked.token == fsm::attempt_token{created->uid, 1});
  CHECK(asked.kind == fsm::attempt_kind::create);
  CHECK(asked.try_number == 1);
  CHECK(asked.epoch == 1);
  CHECK(asked.name == "resize");
  CHECK(asked.tenant == "blue");
  CHECK(asked.document == "one");

  advance(3s);
  provider->answer(0);
  settle();
  const auto active = view("resize");
  CHECK(active.pair() == pairs::ready);
  CHECK(active.state_reason_code == fsm::reason_code::none);
  CHECK(active.state_reason.empty());
  CHECK(active.revision == 2);
  CHECK(active.version == 1);
  CHECK(active.since == created->since + 3s);
  CHECK(active.document == "one");
  CHECK(active.tenant == "blue");
  CHECK(active.uid == created->uid);
}

TEST_CASE_METHOD(runtime_facade,
                 "a function whose resources cannot be made is Failed with the provider's reason",
                 "[runtime]") {
  provider->provisions(replies::fails(fsm::reason_code::invalid_subnet, "subnet-7 is gone"));
  CHECK(create("resize") == errc::none);
  const auto failed = view("resize");
  CHECK(failed.pair() == pairs::broken);
  CHECK(failed.state_reason_code == fsm::reason_code::invalid_subnet);
  CHECK(failed.state_reason == "subnet-7 is gone");
  CHECK(failed.document == "one");
  // Before the failure was recorded, the release of what was tried was asked for.
  CHECK(provider->released("resize") == std::vector<std::uint32_t>{1});
}

TEST_CASE_METHOD(runtime_facade, "a reason without a text is shown with its default text",
                 "[runtime]") {
  provider->provisions(replies::fails(fsm::reason_code::image_deleted));
  CHECK(create("resize") == errc::none);
  CHECK(view("resize").state_reason == "The function is trying to use a deleted image.");
}

TEST_CASE_METHOD(runtime_facade, "a second function of the same name is refused in every state",
                 "[runtime]") {
  provider->next_provisions({replies::later});
  CHECK(create("pending") == errc::none);
  create_active("active");
  provider->next_provisions({replies::fails(fsm::reason_code::invalid_image)});
  CHECK(create("failed") == errc::none);
  for (const std::string name : {"pending", "active", "failed"}) {
    const situation before = now_is(name);
    const auto again = rt().create({.name = name, .document = "other"});
    REQUIRE_FALSE(again.has_value());
    CHECK(again.error().code == errc::already_exists);
    CHECK(again.error().message == "function " + name + " exists already");
    settle();
    CHECK(now_is(name) == before);
  }
}

TEST_CASE_METHOD(runtime_facade,
                 "create refuses names, idle times and qualifiers that break their rules",
                 "[runtime]") {
  using request = fsm::create_request;
  for (const request& wrong :
       {request{.name = ""}, request{.name = "a b"}, request{.name = std::string(65, 'a')},
        request{.name = "f:x"}, request{.name = "arn:aws:lambda:us-east-1:123456789012:function:f"},
        request{.name = "f", .idle_after = 0ms},
        request{.name = "f", .idle_after = std::chrono::days{3651}}}) {
    INFO(wrong.name);
    CHECK(create(wrong) == errc::invalid_argument);
  }
  CHECK(rt().size() == 0);
  CHECK(provider->call_count() == 0);
  CHECK(seen->transitions().empty());
  CHECK(create(std::string(64, 'a')) == errc::none);
}

TEST_CASE_METHOD(runtime_facade, "there is a limit to functions, and a removed one makes room",
                 "[runtime]") {
  how.functions_max = 3;
  for (const std::string name : {"a", "b", "c"}) create_active(name);
  CHECK(create("d") == errc::too_many_requests);
  CHECK(get_code("d") == errc::not_found);
  CHECK(rt().size() == 3);
  CHECK(remove("b") == errc::none);
  CHECK(create("d") == errc::none);
  CHECK(pair_of("d") == pairs::ready);
}

TEST_CASE_METHOD(runtime_facade, "there is a limit to different idle times", "[runtime]") {
  for (int i = 0; i < 255; ++i) {
    REQUIRE(create({.name = "f" + std::to_string(i), .idle_after = 1h + i * 1ms}) == errc::none);
  }
  CHECK(create({.name = "more", .idle_after = 5h}) == errc::too_many_requests);
  CHECK(create({.name = "same", .idle_after = 1h}) == errc::none);
  CHECK(rt().size() == 256);
}

TEST_CASE_METHOD(runtime_facade, "every call about a function that does not exist says so",
                 "[runtime]") {
  CHECK(get_code("ghost") == errc::not_found);
  CHECK(update("ghost") == errc::not_found);
  CHECK(remove("ghost") == errc::not_found);
  CHECK(invoke("ghost") == errc::not_found);
  CHECK(code(rt().history("ghost")) == errc::not_found);
  CHECK(code(rt().wait("ghost", fsm::active, 1s)) == errc::not_found);
  CHECK(code(rt().update("ghost", [](const auto& v) { return v.document; })) == errc::not_found);
  CHECK(rt().get("ghost").error().message == "there is no function ghost");
  CHECK(rt().size() == 0);
  CHECK(seen->transitions().empty());
}

TEST_CASE_METHOD(runtime_facade,
                 "an invocation is admitted in Active only, and the refusal says why",
                 "[runtime]") {
  provider->provisions(replies::later);
  CHECK(create("resize") == errc::none);
  const situation pending = now_is("resize");
  const auto refused = rt().admit("resize");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == errc::function_pending);
  CHECK(refused.error().state == state::pending);
  CHECK(refused.error().reason == fsm::reason_code::creating);
  CHECK_THAT(refused.error().message,
             ContainsSubstring("resize is Pending") && ContainsSubstring("Creating"));
  CHECK(now_is("resize") == pending);

  provider->answer(0);
  settle();
  CHECK(invoke("resize") == errc::none);

  provider->provisions(replies::fails(fsm::reason_code::invalid_image));
  CHECK(create("broken") == errc::none);
  const situation broken = now_is("broken");
  const auto failed = rt().admit("broken");
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().code == errc::function_failed);
  CHECK(failed.error().reason == fsm::reason_code::invalid_image);
  CHECK(now_is("broken") == broken);
}

TEST_CASE_METHOD(runtime_facade,
                 "a call with another revision than the current one changes nothing", "[runtime]") {
  create_active("resize");
  const situation before = now_is("resize");
  CHECK(update("resize", "two", 1) == errc::revision_mismatch);
  CHECK(remove("resize", 3) == errc::revision_mismatch);
  CHECK(code(rt().update(
            "resize", [](const auto&) { return std::string{"two"}; }, 1)) ==
        errc::revision_mismatch);
  CHECK(now_is("resize") == before);
  CHECK(update("resize", "two", 2) == errc::none);
  CHECK(remove("resize", 4) == errc::none);
}

TEST_CASE_METHOD(runtime_facade,
                 "a removed function is gone, and a successor of its name is another one",
                 "[runtime]") {
  create_active("resize");
  const auto before = view("resize");
  const auto removed = rt().remove("resize");
  REQUIRE(removed.has_value());
  CHECK(removed->pair() == pairs::ready);
  CHECK(removed->revision == 2);
  settle();
  CHECK(get_code("resize") == errc::not_found);
  CHECK(remove("resize") == errc::not_found);
  CHECK(rt().size() == 0);
  CHECK(provider->held().empty());

  create_active("resize");
  const auto after = view("resize");
  CHECK(after.uid > before.uid);
  CHECK(after.revision == 2);
  CHECK(after.version == 1);
  CHECK(rt().history("resize")->size() == 2);
}

TEST_CASE_METHOD(runtime_facade, "the history tells each change, its cause and its reason",
                 "[runtime]") {
  provider->provisions(replies::fails(fsm::reason_code::invalid_subnet, "gone"));
  CHECK(create("resize") == errc::none);
  const auto history = rt().history("resize");
  REQUIRE(history.has_value());
  REQUIRE(history->size() == 2);
  const fsm::transition& made = (*history)[0];
  CHECK(made.sequence == 1);
  CHECK(made.previous == 0);
  CHECK(made.event == event::create);
  CHECK(made.cause == fsm::cause::request);
  CHECK(made.from == pairs::absent);
  CHECK(made.to == pairs::creating);
  CHECK(made.at == now());
  const fsm::transition& failed = (*history)[1];
  CHECK(failed.previous == 1);
  CHECK(failed.event == event::provision_failed);
  CHECK(failed.cause == fsm::cause::provider);
  CHECK(failed.to == pairs::broken);
  CHECK(failed.state_reason_code == fsm::reason_code::invalid_subnet);
  CHECK(failed.reason == "gone");
  CHECK(failed.revision == 2);
}

TEST_CASE_METHOD(runtime_facade, "names come in byte order, by prefix and page by page",
                 "[runtime]") {
  for (const std::string name : {"b2", "a", "b10", "B", "b1", "c"}) create_active(name);
  using list = std::vector<std::string>;
  CHECK(*rt().names("", "", 100) == list{"B", "a", "b1", "b10", "b2", "c"});
  CHECK(*rt().names("b", "", 2) == list{"b1", "b10"});
  CHECK(*rt().names("b", "b10", 2) == list{"b2"});
  CHECK(code(rt().names("", "", 0)) == errc::invalid_argument);
  CHECK(code(rt().names("", "", 10'001)) == errc::invalid_argument);
  CHECK(remove("b10") == errc::none);
  CHECK(*rt().names("b", "", 9) == list{"b1", "b2"});
}

TEST_CASE_METHOD(runtime_facade, "functions are counted by situation", "[runtime]") {
  create_active("a");
  create_active("b");
  provider->provisions(replies::later);
  CHECK(create("c") == errc::none);
  CHECK(update("b") == errc::none);
  const fsm::population counts = rt().count();
  CHECK(counts[index_of(pairs::ready)] == 1);
  CHECK(counts[index_of(pairs::updating)] == 1);
  CHECK(counts[index_of(pairs::creating)] == 1);
  CHECK(counts[index_of(pairs::absent)] == 0);
  CHECK(rt().size() == 3);
}

// -- callbacks ------------------------------------------------------------------------------------

TEST_CASE_METHOD(runtime_facade, "every call with a callback answers exactly once", "[runtime]") {
  const caught_view created;
  const caught_view again;
  const caught_view read;
  const caught_view updated;
  const caught_view dry;
  const caught_view removed;
  const caught_view missing;
  rt().create({.name = "f", .document = "one"}, created.callback());
  settle();
  rt().create({.name = "f", .document = "one"}, again.callback());
  rt().get("f", read.callback());
  settle();
  rt().update({.name = "f", .document = "two", .dry_run = true}, dry.callback());
  rt().update({.name = "f", .document = "two"}, updated.callback());
  settle();
  rt().remove("f", 0, removed.callback());
  settle();
  rt().get("f", missing.callback());
  settle();
  for (const caught_view& one : {created, again, read, updated, dry, removed, missing})
    CHECK(one.count() == 1);
  CHECK(pair_in(created.last()) == pairs::creating);
  CHECK(code(again.last()) == errc::already_exists);
  CHECK(pair_in(read.last()) == pairs::ready);
  CHECK(read.last()->document == "one");
  CHECK(pair_in(dry.last()) == pairs::ready);
  CHECK(dry.last()->revision == 2);
  CHECK(pair_in(updated.last()) == pairs::updating);
  CHECK(removed.last()->revision == 4);
  CHECK(code(missing.last()) == errc::not_found);
}

TEST_CASE_METHOD(runtime_facade, "a look answers exactly once, whatever it looks at", "[runtime]") {
  const caught_view pending;
  const caught_view ready;
  const caught_view missing;
  rt().create({.name = "f", .document = "one"}, caught_view{}.callback());
  rt().look("f", pending.callback());
  settle();
  rt().look("f", ready.callback());
  rt().look("g", missing.callback());
  settle();
  for (const caught_view& one : {pending, ready, missing}) CHECK(one.count() == 1);
  CHECK(pending.last());  // Its resources may be there already.
  CHECK(pair_in(ready.last()) == pairs::ready);
  CHECK(ready.last()->document == "one");
  CHECK(code(missing.last()) == errc::not_found);
}

TEST_CASE("a look in memory at a function that nothing happens to answers inside the call",
          "[runtime]") {
  fsm::runtime functions{{.store = fsm::make_memory_store(), .threads = 1}};
  REQUIRE(functions.create({.name = "f", .document = "one"}));
  REQUIRE(functions.wait("f", fsm::active, 30s));
  std::string seen;
  std::thread::id where;
  functions.look("f", [&](const fsm::expected<fsm::function_view>& view) {
    seen = view ? view->document : view.error().message;
    where = std::this_thread::get_id();
  });
  CHECK(seen == "one");
  CHECK(where == std::this_thread::get_id());
}

TEST_CASE("a runtime ends on any thread, while the one that started it goes on", "[runtime]") {
  std::unique_ptr<fsm::runtime> functions;
  std::promise<void> started;
  std::promise<void> over;
  std::thread starts{[&] {
    functions = std::make_unique<fsm::runtime>(fsm::options{});
    started.set_value();
    over.get_future().wait();
  }};
  started.get_future().wait();
  CHECK(functions->create({.name = "f"}).has_value());
  auto end = std::async(std::launch::async, [&] { functions.reset(); });
  CHECK(end.wait_for(10s) == std::future_status::ready);
  over.set_value();
  starts.join();
}

TEST_CASE_METHOD(runtime_facade, "a refused call with a callback answers exactly once, too",
                 "[runtime]") {
  create_active("f");
  const situation before = now_is("f");
  const caught_view bad_name;
  const caught_view mismatch;
  const caught_view no_update;
  const caught_view no_remove;
  rt().create({.name = "no name"}, bad_name.callback());
  rt().update({.name = "f", .document = "x", .expected_revision = 9}, mismatch.callback());
  rt().update({.name = "g", .document = "x"}, no_update.callback());
  rt().remove("g", 0, no_remove.callback());
  settle();
  CHECK(code(bad_name.last()) == errc::invalid_argument);
  CHECK(code(mismatch.last()) == errc::revision_mismatch);
  CHECK(code(no_update.last()) == errc::not_found);
  CHECK(code(no_remove.last()) == errc::not_found);
  for (const caught_view& one : {bad_name, mismatch, no_update, no_remove}) CHECK(one.count() == 1);
  CHECK(now_is("f") == before);
}

TEST_CASE_METHOD(runtime_facade, "a callback that throws harms nobody", "[runtime]") {
  rt().create({.name = "f"}, [](const auto&) { throw std::runtime_error{"mine"}; });
  settle();
  CHECK(pair_of("f") == pairs::ready);
}
