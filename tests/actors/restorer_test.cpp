#include "support/deterministic_runtime.hpp"
#include "support/forwarding_store.hpp"

#include <catch2/matchers/catch_matchers_string.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

// What a start makes of what a store gives: it brings it back, or says why it cannot.

using namespace fsm::testing;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using fsm::attempt_token;
using fsm::errc;
using fsm::stored_function;

namespace {

using giving = std::function<void(fsm::recovery&)>;

/// A store that gives back what a test says, and keeps what is written to it in memory.
class scripted_store final : public forwarding_store {
public:
  explicit scripted_store(giving what, bool keeps = true) : what_{std::move(what)}, keeps_{keeps} {}
  fsm::expected<void> recover(fsm::recovery& into) override {
    what_(into);
    return result;
  }
  [[nodiscard]] bool keeps_documents() const noexcept override { return keeps_; }

  fsm::expected<void> result{};

private:
  giving what_;
  bool keeps_;
};

/// Wants to know what functions hold.
class forgetful_provider final : public fsm::resource_provider {
public:
  void provision(const fsm::provision_request& request, fsm::completion done) override {
    provisioned.push_back(request);
    done.succeeded();
  }
  void release(const attempt_token& token, fsm::completion done) override {
    released.push_back(token);
    done.succeeded();
  }
  [[nodiscard]] bool wants_recovered() const override { return true; }
  [[nodiscard]] bool wants_documents() const noexcept override { return wants; }
  void recovered(const fsm::provision_request& what) override {
    held.push_back(what);
    if (throws) throw std::runtime_error{"too much"};
  }

  bool wants = true;
  bool throws = false;
  std::vector<fsm::provision_request> held;
  std::vector<fsm::provision_request> provisioned;
  std::vector<attempt_token> released;
};

struct progress_observer final : fsm::observer {
  void on_recovery(const fsm::recovery_progress& what) override { all.push_back(what); }
  std::vector<fsm::recovery_progress> all;
};

stored_function function(std::uint64_t uid, const std::string& name,
                         fsm::pair pair = pairs::ready) {
  stored_function f;
  f.uid = uid;
  f.name = name;
  f.lifecycle = {.pair = pair, .revision = 2, .attempt = 1, .version = 1, .held = 1};
  return f;
}

void give(fsm::recovery& into, stored_function f) { into.on_function(f); }

struct start {
  fsm::options how;
  explicit start(giving what) {
    how.store = std::make_shared<scripted_store>(std::move(what));
    how.clock = std::make_shared<fsm::manual_clock>();
    how.functions_max = 128;
    how.threads = 1;
  }
  [[nodiscard]] std::string refusal() const {
    const auto started = fsm::runtime::start(how);
    REQUIRE_FALSE(started.has_value());
    CHECK(started.error().code == errc::internal);
    return started.error().message;
  }
};

}  // namespace

TEST_CASE("A start names the function that it cannot bring back, and the first one only",
          "[restorer]") {
  const fsm::pair unknown{static_cast<fsm::state>(200), fsm::last_update_status::none};
  for (const fsm::pair pair : {unknown, pairs::absent}) {
    const start with{[pair](fsm::recovery& into) {
      give(into, function(1, "good"));
      give(into, function(2, "bad", pair));
      give(into, function(3, "worse", pair));
      give(into, function(4, "later"));
    }};
    CHECK(with.refusal() ==
          "function bad (uid 2) cannot be brought back: it is in a situation that this version "
          "does not know");
  }
}

TEST_CASE("A start that has no room for all functions says which option to raise", "[restorer]") {
  start with{[](fsm::recovery& into) {
    give(into, function(1, "a"));
    give(into, function(2, "b"));
  }};
  with.how.functions_max = 1;
  CHECK_THAT(with.refusal(),
             StartsWith("function b (uid 2)") && ContainsSubstring("functions_max is 1; raise it"));
}

TEST_CASE("A start refuses more idle times than there may be", "[restorer]") {
  start with{[](fsm::recovery& into) {
    for (std::uint64_t i = 1; i <= 256; ++i) {
      stored_function f = function(i, "f" + std::to_string(i));
      f.idle_after = 1h * static_cast<int>(i);
      give(into, f);
    }
  }};
  with.how.functions_max = 512;
  with.how.idle_after = 1ms;
  CHECK_THAT(with.refusal(), StartsWith("function f256 (uid 256)") &&
                                 ContainsSubstring("more than 256 different idle times"));
}

TEST_CASE("A start refuses more tenants than there may be", "[restorer]") {
  start with{[](fsm::recovery& into) {
    for (std::uint64_t i = 1; i <= 65'535; ++i) {
      stored_function f = function(i, "f" + std::to_string(i));
      f.tenant = std::to_string(i);
      give(into, f);
    }
  }};
  with.how.functions_max = 65'535;
  CHECK_THAT(with.refusal(), StartsWith("function f65535 (uid 65535)") &&
                                 ContainsSubstring("more than 65535 different tenants"));
}

TEST_CASE("A start ends with what the store says when that cannot read on", "[restorer]") {
  start with{[](fsm::recovery& into) { give(into, function(1, "f")); }};
  const auto store = std::make_shared<scripted_store>([](fsm::recovery&) {});
  store->result = fsm::unexpected({errc::internal, "the disk is gone"});
  with.how.store = store;
  CHECK(with.refusal() == "the disk is gone");
}

TEST_CASE("A provider that forgot is told what each function holds, before anything else",
          "[restorer]") {
  const auto provider = std::make_shared<forgetful_provider>();
  provider->throws = GENERATE(false, true);
  provider->wants = GENERATE(false, true);
  const bool keeps = GENERATE(false, true);
  start with{{}};
  with.how.provider = provider;
  const auto store = std::make_shared<scripted_store>(
      [](fsm::recovery& into) {
        give(into, function(1, "f"));
        stored_function nothing = function(2, "g", pairs::idle);
        nothing.lifecycle.held = 0;
        give(into, nothing);
        give(into, function(3, "h"));
      },
      keeps);
  // What an earlier life left of the first one; the third has lost its document.
  const auto opened = store->open();
  fsm::change made;
  made.epoch = opened->epoch;
  made.transition.sequence = 1;
  made.transition.uid = 1;
  made.transition.name = "f";
  made.transition.to = pairs::ready;
  made.record = function(1, "f").lifecycle;
  made.document = "one";
  made.document_version = 1;
  fsm::change* changes[]{&made};
  store->prepare(made);
  store->commit({.changes = changes, .notes = {}, .epoch = made.epoch, .at = {}},
                [](const fsm::expected<void>& done) { CHECK(done.has_value()); });
  with.how.store = store;

  const auto started = fsm::runtime::start(with.how);
  REQUIRE(started.has_value());
  REQUIRE(provider->held.size() == 2);
  CHECK(provider->held[0].token == attempt_token{1, 1});
  CHECK(provider->held[0].name == "f");
  CHECK(provider->held[0].document == (keeps && provider->wants ? "one" : ""));
  CHECK(provider->held[1].token == attempt_token{3, 1});
  CHECK(provider->held[1].document.empty());
  CHECK(provider->provisioned.empty());
}

TEST_CASE("A start goes on with every kind of attempt and release that was under way",
          "[restorer]") {
  const auto provider = std::make_shared<forgetful_provider>();
  start with{[](fsm::recovery& into) {
    into.on_owed_release(1, 7);
    into.on_owed_release(99, 3);
    const auto waiting = [&into](std::uint64_t uid, const std::string& name, fsm::pair pair) {
      stored_function f = function(uid, name, pair);
      f.lifecycle.attempt = 9;
      f.lifecycle.held = pair.state == fsm::state::active ? 1 : 0;
      give(into, f);
    };
    waiting(1, "creating", pairs::creating);
    waiting(2, "updating", pairs::updating);
    waiting(3, "restoring", pairs::restoring);
    waiting(4, "idle, updating", pairs::idle_updating);
    waiting(5, "failed and restoring", pairs::restoring_update_failed);
    waiting(6, "resting", pairs::idle);
  }};
  provider->wants = false;
  with.how.provider = provider;
  auto started = fsm::runtime::start(with.how);
  REQUIRE(started.has_value());
  started->settle();
  std::map<std::string, fsm::attempt_kind> kinds;
  for (const auto& each : provider->provisioned) {
    CHECK(each.token.number == 9);
    kinds.emplace(each.name, each.kind);
  }
  using fsm::attempt_kind;
  CHECK(kinds ==
        std::map<std::string, attempt_kind>{{"creating", attempt_kind::create},
                                            {"updating", attempt_kind::update},
                                            {"restoring", attempt_kind::restore},
                                            {"idle, updating", attempt_kind::update},
                                            {"failed and restoring", attempt_kind::restore}});
  const auto released = [&](const attempt_token& token) {
    return std::count(provider->released.begin(), provider->released.end(), token) != 0;
  };
  CHECK(released({1, 7}));
  CHECK(released({99, 3}));
}

TEST_CASE("The progress of a long start is told", "[restorer]") {
  constexpr std::uint64_t crowd = (std::uint64_t{1} << 18U) + 1;
  start with{[](fsm::recovery& into) {
    for (std::uint64_t i = 1; i <= crowd; ++i)
      give(into, function(i, "f" + std::to_string(i), pairs::broken));
  }};
  const auto seen = std::make_shared<progress_observer>();
  with.how.functions_max = crowd;
  with.how.observers = {seen};
  const auto started = fsm::runtime::start(with.how);
  REQUIRE(started.has_value());
  CHECK(started->size() == crowd);
  REQUIRE(seen->all.size() == 2);
  CHECK(seen->all[0].functions == crowd - 1);
  CHECK_FALSE(seen->all[0].finished);
  CHECK(seen->all[1].functions == crowd);
  CHECK(seen->all[1].finished);
}
