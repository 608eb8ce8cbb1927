#include "support/deterministic_runtime.hpp"
#include "support/forwarding_store.hpp"
#include "support/lasting_store.hpp"

#include <initializer_list>
#include <string>

using namespace fsm::testing;
using fsm::attempt_token;
using fsm::errc;
using fsm::state;

namespace {

/// What stops and starts again on the same store, with a provider that outlives it.
class restarting {
public:
  fsm::options how;
  lasting_store stores;
  const std::shared_ptr<fsm::manual_clock> clock = std::make_shared<fsm::manual_clock>();
  const std::shared_ptr<scripted_provider> provider = std::make_shared<scripted_provider>(clock);
  std::shared_ptr<recording_observer> seen;

  restarting() {
    how.provider = provider;
    how.clock = clock;
    how.functions_max = 4096;
    how.threads = 1;
    start();
  }
  ~restarting() { rt().stop(); }

  [[nodiscard]] fsm::runtime& rt() { return *runtime_; }
  void start() {
    seen = std::make_shared<recording_observer>();
    how.observers = {seen};
    how.store = stores.next();
    runtime_.emplace(how);
    settle();
  }
  /// Ends the runtime as it is, lets time pass without one, and starts the next.
  void restart(fsm::duration down = {}) {
    stop();
    clock->advance(down);
    start();
  }
  void stop() {
    rt().stop();
    runtime_.reset();
    how.store.reset();
  }
  void settle() { rt().settle(); }
  void advance(fsm::duration span) { clock->advance(span); }
  void create(const std::string& name, std::optional<fsm::duration> idle_after = std::nullopt) {
    REQUIRE(
        rt().create({.name = name, .document = "one", .tenant = "blue", .idle_after = idle_after}));
    settle();
  }
  /// One attempt at a time, and none of these functions' gets an answer.
  void owe_attempts(std::initializer_list<std::string> names) {
    how.provisioner.in_flight_max = 1;
    provider->provisions(replies::later);
    restart();
    for (const std::string& name : names) REQUIRE(rt().create({.name = name, .document = "one"}));
    settle();
  }
  [[nodiscard]] fsm::function_view view(const std::string& name) {
    const auto found = rt().get(name);
    REQUIRE(found.has_value());
    return *found;
  }
  [[nodiscard]] state state_of(const std::string& name) { return view(name).state; }

private:
  std::optional<fsm::runtime> runtime_;
};

}  // namespace

TEST_CASE_METHOD(restarting, "A function is what it was after a restart", "[recovery]") {
  create("f");
  REQUIRE(rt().update({.name = "f", .document = "two"}));
  settle();
  create("gone");
  REQUIRE(rt().remove("gone"));
  settle();
  const fsm::function_view before = view("f");
  const auto history = rt().history("f");
  restart();
  const fsm::function_view after = view("f");
  CHECK(after.document == "two");
  CHECK(after.tenant == "blue");
  CHECK(after.uid == before.uid);
  CHECK(after.revision_id() == before.revision_id());
  CHECK(after.pair() == pairs::ready);
  CHECK(after.version == before.version);
  CHECK(after.since == before.since);
  CHECK(code(rt().get("gone")) == errc::not_found);
  CHECK(rt().size() == 1);
  CHECK(rt().history("f")->size() == history->size());
  // It is alive: it admits, on the resources it has, and goes on counting.
  const auto admitted = rt().admit("f");
  REQUIRE(admitted.has_value());
  CHECK(admitted->version() == before.version);
  CHECK(provider->held().contains(admitted->resource()));
  const auto updated = rt().update({.name = "f", .document = "three"});
  REQUIRE(updated.has_value());
  CHECK(updated->sequence > history->back().sequence);
  settle();
  CHECK(rt().history("f")->at(history->size()).previous == history->back().sequence);
}

TEST_CASE_METHOD(restarting, "Functions are found by their reason after a restart", "[recovery]") {
  constexpr auto why = fsm::reason_code::subnet_out_of_ip_addresses;
  create("good");
  provider->next_provisions({replies::fails(why, "no address is left")});
  create("bad");
  restart();
  CHECK(rt().count(why) == 1);
  const auto page = rt().list({.reason = why});
  REQUIRE(page.has_value());
  REQUIRE(page->functions.size() == 1);
  CHECK(page->functions.front().name == "bad");
  REQUIRE(rt().remove("bad"));
  settle();
  CHECK(rt().count(why) == 0);
}

TEST_CASE_METHOD(restarting, "What comes later than a change is waited for over a restart",
                 "[recovery]") {
  create("f");
  fsm::condition later = fsm::settled;
  later.after = rt().history("f")->back().sequence;
  restart();
  caught<fsm::function_view> answer;
  const auto waits = rt().wait("f", later, 1h, answer.callback());
  settle();
  CHECK(answer.count() == 0);
  REQUIRE(rt().update({.name = "f", .document = "two"}));
  settle();
  REQUIRE(answer.count() == 1);
  CHECK(pair_in(answer.last()) == pairs::ready);
}

TEST_CASE_METHOD(restarting, "Uids and sequences go on where they were", "[recovery]") {
  create("f");
  const auto uid = view("f").uid;
  REQUIRE(rt().remove("f"));
  settle();
  restart();
  create("g");
  CHECK(view("g").uid > uid);
  const auto events = rt().events(0);
  REQUIRE(events.has_value());
  for (std::size_t i = 0; i < events->events.size(); ++i)
    CHECK(events->events[i].sequence == i + 1);
  CHECK(rt().events(3)->events.front().sequence == 4);
}

TEST_CASE_METHOD(restarting, "An attempt under way is asked for again with the same token",
                 "[recovery]") {
  provider->provisions(replies::later);
  REQUIRE(rt().create({.name = "f", .document = "one"}));
  settle();
  REQUIRE(provider->calls().size() == 1);
  const attempt_token token = provider->calls().at(0).request.token;
  restart();
  CHECK(state_of("f") == state::pending);
  REQUIRE(provider->calls().size() == 2);
  CHECK(provider->calls().at(1).request.token == token);
  CHECK(provider->calls().at(1).request.kind == fsm::attempt_kind::create);
  CHECK(provider->calls().at(1).request.document == "one");
  CHECK(provider->calls().at(1).request.name == "f");
  provider->answer(1);
  settle();
  CHECK(state_of("f") == state::active);
}

TEST_CASE_METHOD(restarting, "An update under way is driven to its end after a restart",
                 "[recovery]") {
  create("f");
  provider->provisions(replies::later);
  REQUIRE(rt().update({.name = "f", .document = "two"}));
  settle();
  restart();
  CHECK(view("f").pair() == pairs::updating);
  CHECK(rt().admit("f").has_value());
  const auto last = provider->calls().size() - 1;
  CHECK(provider->calls().at(last).request.kind == fsm::attempt_kind::update);
  CHECK(provider->calls().at(last).request.document == "two");
  provider->answer(last);
  settle();
  CHECK(view("f").pair() == pairs::ready);
  CHECK(view("f").document == "two");
}

TEST_CASE_METHOD(restarting, "A release that was not confirmed goes on after a restart",
                 "[recovery]") {
  create("f");
  const auto resource = rt().admit("f")->resource();
  provider->releases(replies::later);
  REQUIRE(rt().remove("f"));
  settle();
  REQUIRE(provider->held().contains(resource));
  stop();
  provider->releases(replies::at_once);
  start();
  CHECK(provider->held().empty());
  // Once confirmed it is forgotten.
  const auto calls = provider->call_count();
  restart();
  CHECK(provider->call_count() == calls);
}

TEST_CASE_METHOD(restarting, "A function deleted while its attempt waits leaves nothing behind",
                 "[recovery]") {
  owe_attempts({"a", "b", "c", "d"});
  restart();
  REQUIRE(rt().remove("d"));
  provider->provisions(replies::at_once);
  for (std::size_t i = 0; i < provider->call_count(); ++i) {
    if (!provider->at(i).answered) provider->answer(i);
  }
  settle();
  for (const auto* name : {"a", "b", "c"}) CHECK(state_of(name) == state::active);
  CHECK(provider->held().size() == 3);
}

TEST_CASE_METHOD(restarting, "All that was owed is resumed although nothing else happens",
                 "[recovery]") {
  owe_attempts({"a", "b", "c", "d", "e"});
  stop();
  provider->provisions(replies::at_once);
  start();
  CHECK(provider->held().size() == 5);
  for (const auto* name : {"a", "b", "c", "d", "e"}) CHECK(state_of(name) == state::active);
}

TEST_CASE_METHOD(restarting, "Of what was owed, what somebody waits for is taken first",
                 "[recovery]") {
  owe_attempts({"a", "b", "c", "d", "e"});
  restart();
  const auto owed = rt().explain("e");
  REQUIRE(owed.has_value());
  REQUIRE(owed->attempt.has_value());
  CHECK(owed->attempt->kind == fsm::attempt_kind::create);
  CHECK(owed->attempt->tries == 0);
  caught<fsm::function_view> ended;
  rt().wait("e", fsm::active, 1h, ended.callback()).detach();
  settle();
  CHECK(provider->order().back() == "a");
  provider->answer(provider->call_count() - 1);
  settle();
  CHECK(provider->order().back() == "e");
  provider->relent();
  provider->answer(provider->call_count() - 1);
  settle();
  CHECK(pair_in(ended.last()) == pairs::ready);
  for (const auto* name : {"a", "b", "c", "d", "e"}) CHECK(state_of(name) == state::active);
}

TEST_CASE_METHOD(restarting,
                 "An attempt that fails behind an old release leaves nothing behind that was made",
                 "[recovery]") {
  create("f");
  auto admitted = rt().admit("f");
  REQUIRE(rt().update({.name = "f", .document = "two"}));
  settle();
  // The third version is being made when the first one is let go of.
  provider->provisions(replies::later);
  REQUIRE(rt().update({.name = "f", .document = "three"}));
  settle();
  provider->releases(replies::later);
  admitted->complete();
  settle();
  const auto last = provider->call_count() - 1;
  const attempt_token made = provider->at(last).token;
  stop();
  provider->answer(last);  // Nobody hears of it.
  start();
  REQUIRE(provider->held().contains(made));
  advance(how.provisioner.provision_deadline + 1s);
  CHECK(view("f").pair() == pairs::update_failed);
  provider->relent();
  advance(1h);
  CHECK(provider->held() == std::set<attempt_token>{rt().admit("f")->resource()});
}

TEST_CASE_METHOD(restarting, "A restart shortens no idle time and forgets an eighth at most",
                 "[recovery]") {
  how.idle_after = 8h;
  restart();
  create("f");
  advance(7h);
  restart(100h);  // The time without a runtime does not count.
  CHECK(state_of("f") == state::active);
  advance(59min);
  CHECK(state_of("f") == state::active);
  advance(1h + 1min);
  CHECK(state_of("f") == state::inactive);
}

TEST_CASE_METHOD(restarting, "An invocation before a restart is not forgotten", "[recovery]") {
  how.idle_after = 8h;
  restart();
  create("f");
  advance(6h);
  CHECK(rt().admit("f").has_value());
  advance(2h);  // It is written back on the way.
  restart();
  advance(5h);
  CHECK(state_of("f") == state::active);
}

TEST_CASE_METHOD(restarting, "What a restart does to idle clocks is a choice", "[recovery]") {
  how.idle_after = 8h;
  how.after_restart = fsm::idle_after_restart::absolute;
  restart();
  create("f");
  restart(9h);
  advance(1min);
  CHECK(state_of("f") == state::inactive);
  how.after_restart = fsm::idle_after_restart::anew;
  restart();
  create("g");
  advance(7h);
  restart();
  advance(7h);
  CHECK(state_of("g") == state::active);
  advance(1h + 1min);
  CHECK(state_of("g") == state::inactive);
}

TEST_CASE_METHOD(restarting, "A function keeps its own idle time over a restart", "[recovery]") {
  create("f", 2h);
  restart();
  advance(3h);
  CHECK(state_of("f") == state::inactive);
}

TEST_CASE_METHOD(restarting, "A corrupt store is refused with the function's name", "[recovery]") {
  class twice_store final : public forwarding_store {
  public:
    using forwarding_store::forwarding_store;
    fsm::expected<void> recover(fsm::recovery& into) override {
      if (const auto read = inner().recover(into); !read) return read;
      return inner().recover(into);
    }
  };
  create("f");
  stop();
  how.store = std::make_shared<twice_store>(stores.next());
  const auto started = fsm::runtime::start(how);
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error().message.find("function f (uid 1) cannot be brought back") == 0);
  how.store.reset();
  start();
}
