#include "support/deterministic_runtime.hpp"

#include <catch2/matchers/catch_matchers_string.hpp>

#include <functional>
#include <string>
#include <vector>

// Every call of the facade, in all its forms, and what it refuses before anything has begun.

using namespace fsm::testing;
using Catch::Matchers::ContainsSubstring;
using fsm::errc;
using fsm::event;

namespace {

struct named_call {
  std::string name;
  std::function<errc(fsm::runtime&)> make;
};

/// What a call with a callback gives if it is refused inside the call.
template <class T, class Make>
[[nodiscard]] errc answer_of(Make make) {
  const caught<T> answer;
  make(answer.callback());
  CHECK(answer.count() == 1);
  return code(answer.last());
}

template <class Make>
[[nodiscard]] std::function<errc(fsm::runtime&)> with_callback(Make make) {
  return [make](fsm::runtime& r) {
    return answer_of<fsm::function_view>([&](auto done) { make(r, std::move(done)); });
  };
}

std::string same_document(const fsm::function_view& view) { return view.document; }

// -- those that need room for a transition, of the function f or a new one
// --------------------------

const std::vector<named_call>& attempts() {
  static const std::vector<named_call> all{
      {"create", [](auto& r) { return code(r.create({.name = "new"})); }},
      {"create, then", with_callback([](auto& r, auto done) { r.create({.name = "new"}, done); })},
      {"update", [](auto& r) { return code(r.update({.name = "f"})); }},
      {"update, then", with_callback([](auto& r, auto done) { r.update({.name = "f"}, done); })},
      {"admit_async", [](auto& r) { return code(r.admit_async("f")); }},
      {"admit_async, then", with_callback([](auto& r, auto done) { r.admit_async("f", done); })},
  };
  return all;
}

const std::vector<named_call>& other_changes() {
  static const std::vector<named_call> all{
      {"change", [](auto& r) { return code(r.change({.name = "f"})); }},
      {"change, then", with_callback([](auto& r, auto done) { r.change({.name = "f"}, done); })},
      {"remove", [](auto& r) { return code(r.remove("f")); }},
      {"remove, then", with_callback([](auto& r, auto done) { r.remove("f", 0, done); })},
  };
  return all;
}

// -- those that only read
// ---------------------------------------------------------------------------

const std::vector<named_call>& reads() {
  static const std::vector<named_call> all{
      {"get", [](auto& r) { return code(r.get("f")); }},
      {"get, then", with_callback([](auto& r, auto done) { r.get("f", done); })},
      {"look", with_callback([](auto& r, auto done) { r.look("f", done); })},
      {"update by a function", [](auto& r) { return code(r.update("f", same_document)); }},
      {"metadata", [](auto& r) { return code(r.metadata(0, 10)); }},
      {"admit", [](auto& r) { return code(r.admit("f")); }},
      {"wait", [](auto& r) { return code(r.wait("f", fsm::active, 1s)); }},
      {"wait, then",
       with_callback([](auto& r, auto done) { r.wait("f", fsm::active, 1s, done).detach(); })},
      {"list", [](auto& r) { return code(r.list()); }},
      {"list with details", [](auto& r) { return code(r.list({.with_details = true})); }},
      {"names", [](auto& r) { return code(r.names("", "", 10)); }},
      {"history", [](auto& r) { return code(r.history("f")); }},
      {"explain", [](auto& r) { return code(r.explain("f")); }},
      {"events", [](auto& r) { return code(r.events(0)); }},
      {"checkpoint", [](auto& r) { return code(r.checkpoint()); }},
      {"checkpoint, then",
       [](auto& r) { return answer_of<std::string>([&](auto done) { r.checkpoint(done); }); }},
  };
  return all;
}

void check_all(fsm::runtime& r, const std::vector<named_call>& calls, errc expected) {
  for (const named_call& each : calls) {
    INFO(each.name);
    CHECK(each.make(r) == expected);
  }
}

}  // namespace

TEST_CASE_METHOD(deterministic_runtime, "every call on a runtime that has stopped says so",
                 "[refusals]") {
  create_active("f");
  CHECK(rt().admits("f"));
  rt().stop();
  check_all(rt(), attempts(), errc::stopped);
  check_all(rt(), other_changes(), errc::stopped);
  check_all(rt(), reads(), errc::stopped);
  CHECK_FALSE(rt().admits("f"));
}

TEST_CASE_METHOD(deterministic_runtime, "every call that needs the store is refused once it failed",
                 "[refusals]") {
  create_active("f");
  CHECK(rt().health().has_value());
  store->hold();
  const caught_view lost;
  rt().create({.name = "g"}, lost.callback());
  settle_before_commit();
  expect_broken();
  store->fail();
  settle();
  CHECK(code(lost.last()) == errc::outcome_unknown);
  CHECK(code(rt().health()) == errc::outcome_unknown);
  check_all(rt(), attempts(), errc::outcome_unknown);
  check_all(rt(), other_changes(), errc::outcome_unknown);
  CHECK(code(rt().update("f", same_document)) == errc::outcome_unknown);
  CHECK(get_code("f") == errc::none);
}

TEST_CASE_METHOD(deterministic_runtime, "every call that makes a transition needs room for it",
                 "[refusals]") {
  how.journal_max = 16;
  create_active("f");
  store->hold();
  for (int i = 0; i < 16; ++i) rt().create({.name = "f" + std::to_string(i)}, [](const auto&) {});
  settle_before_commit();
  check_all(rt(), attempts(), errc::too_many_requests);
  check_all(rt(), other_changes(), errc::too_many_requests);
  CHECK_THAT(rt().remove("f").error().message,
             ContainsSubstring("16 transitions are waiting for the store"));
  let_through();
  CHECK(remove("f") == errc::none);
}

TEST_CASE_METHOD(deterministic_runtime, "every call that starts an attempt needs room for it",
                 "[refusals]") {
  how.provisioner.in_flight_max = 1;
  how.provisioner.queued_max = 1;
  create_active("f");
  provider->provisions(replies::later);
  CHECK(create("flying") == errc::none);
  CHECK(create("queued") == errc::none);
  check_all(rt(), attempts(), errc::too_many_requests);
  CHECK(code(rt().admit("queued")) == errc::too_many_requests);
  CHECK_THAT(rt().create({.name = "new"}).error().message,
             ContainsSubstring("2 attempts at making resources are waiting"));
  CHECK(code(rt().change({.name = "f"})) == errc::none);
  for (const std::string name : {"flying", "queued"}) {
    provider->answer(provider->provisions_of(name).front());
    settle();
  }
}

TEST_CASE_METHOD(deterministic_runtime, "a limit that is none is refused by name, call by call",
                 "[refusals]") {
  for (const std::size_t limit : {std::size_t{0}, std::size_t{10'001}}) {
    const std::string why = "limit is " + std::to_string(limit) + "; it must be from 1 to 10000";
    CHECK(rt().list({.limit = limit}).error().message == why);
    CHECK(rt().names("", "", limit).error().message == why);
    CHECK(rt().metadata(0, limit).error().message == why);
    CHECK(rt().events(0, limit).error().message == why);
  }
}

TEST_CASE_METHOD(deterministic_runtime, "a callback is told what is wrong with a change, too",
                 "[refusals]") {
  create_active("f");
  const auto change = [this](fsm::change_request what) {
    return answer_of<fsm::function_view>([&](auto done) { rt().change(std::move(what), done); });
  };
  CHECK(change({.name = "f", .event = event::create}) == errc::invalid_argument);
  CHECK(change({.name = "f", .event = event::update}) == errc::invalid_argument);
  CHECK(change({.name = "f", .event = event::idle_due}) == errc::invalid_argument);
  CHECK(change({.name = "f", .event = event::alias_target, .metadata = "x"}) ==
        errc::invalid_argument);
  CHECK(change({.name = "ghost"}) == errc::not_found);
}

TEST_CASE("what is larger than a store takes is refused by its field", "[refusals]") {
  deterministic_runtime t{fsm::run_mode::inline_when_idle};
  t.create_active("f");
  const std::string large((std::size_t{256} << 20U) + 1, 'x');
  const std::string bytes = " is 268435457 bytes; at most 268435456 are kept";
  CHECK(t.rt().create({.name = "g", .document = large}).error().message == "document" + bytes);
  CHECK(t.rt().create({.name = "g", .metadata = large}).error().message == "metadata" + bytes);
  CHECK(t.rt().update({.name = "f", .document = large}).error().message == "document" + bytes);
  CHECK(t.rt().update({.name = "f", .metadata = large}).error().message == "metadata" + bytes);
  CHECK(t.rt().change({.name = "f", .metadata = large}).error().message == "metadata" + bytes);
  CHECK(t.rt().size() == 1);
}

TEST_CASE("there is a limit to different tenants", "[refusals]") {
  deterministic_runtime t{fsm::run_mode::inline_when_idle};
  t.create_active("f");
  const auto create_for = [&t](int tenant) {
    return code(t.rt().create({.name = "f", .tenant = std::to_string(tenant)}));
  };
  for (int i = 1; i < 65'535; ++i) {  // Beside no tenant at all.
    if (const errc got = create_for(i); got != errc::already_exists) FAIL("tenant " << i);
  }
  CHECK(create_for(65'535) == errc::too_many_requests);
  CHECK(create_for(65'534) == errc::already_exists);
}

TEST_CASE("a runtime that another one is moved into ends first", "[refusals]") {
  const auto make = [](const std::shared_ptr<recording_observer>& seen) {
    return fsm::runtime{{.functions_max = 16, .threads = 1, .observers = {seen}}};
  };
  const auto first = std::make_shared<recording_observer>();
  const auto second = std::make_shared<recording_observer>();
  fsm::runtime runtime = make(first);
  fsm::runtime other = make(second);
  REQUIRE(other.create({.name = "f"}));
  runtime = std::move(other);
  CHECK(first->stops() == 1);
  CHECK(second->stops() == 0);
  CHECK(runtime.get("f").has_value());
  fsm::runtime& itself = runtime;
  runtime = std::move(itself);
  CHECK(runtime.get("f").has_value());
  other = make(first);  // What was moved from may be used again.
  CHECK(code(other.get("f")) == errc::not_found);
}

TEST_CASE_METHOD(deterministic_runtime, "a subscription that is replaced is taken back",
                 "[refusals]") {
  create_active("f");
  const caught_view first;
  const caught_view second;
  fsm::subscription waiting = rt().wait("f", fsm::gone, 1h, first.callback());
  settle();
  waiting = rt().wait("f", fsm::gone, 1h, second.callback());
  settle();
  CHECK(code(first.last()) == errc::cancelled);
  fsm::subscription& itself = waiting;
  waiting = std::move(itself);
  settle();
  CHECK(second.count() == 0);
  CHECK(remove("f") == errc::none);
  CHECK(second.count() == 1);
}
