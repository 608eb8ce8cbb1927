#pragma once

#include "gated_store.hpp"
#include "recording_observer.hpp"
#include "scripted_provider.hpp"
#include <fsm/actors.hpp>
#include <fsm/runtime.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fsm::testing {

using namespace std::chrono_literals;
namespace pairs = fsm::pairs;

/// What callbacks were given. Copies share what they caught.
template <class T>
class caught {
public:
  [[nodiscard]] auto callback() const {
    return [box = box_](expected<T> given) {
      const std::lock_guard lock{box->mutex};
      box->all.push_back(std::move(given));
    };
  }
  [[nodiscard]] std::size_t count() const {
    const std::lock_guard lock{box_->mutex};
    return box_->all.size();
  }
  [[nodiscard]] expected<T> last() const {
    const std::lock_guard lock{box_->mutex};
    return box_->all.empty() ? expected<T>{unexpected({errc::internal, "no answer came"})}
                             : box_->all.back();
  }

private:
  struct box {
    std::mutex mutex;
    std::vector<expected<T>> all;
  };
  std::shared_ptr<box> box_ = std::make_shared<box>();
};
using caught_view = caught<function_view>;

/// The code of a failure, `errc::none` for success.
template <class T>
[[nodiscard]] errc code(const expected<T>& what) {
  return what ? errc::none : what.error().code;
}

/// The situation in a view; `absent` for failures.
[[nodiscard]] inline pair pair_in(const expected<function_view>& what) {
  return what ? what->pair() : pairs::absent;
}

/// A runtime whose world a test owns: time, provider, store and who watches. Every test runs twice:
/// with functions run by their senders, and with everything run by CAF's test coordinator,
/// single-threaded. When it ends, what holds of every run is checked: the order of events, the
/// index, and that the provider holds exactly what the functions own.
class deterministic_runtime {
public:
  /// May be changed until the runtime is first used.
  options how;
  const std::shared_ptr<manual_clock> clock = std::make_shared<manual_clock>();
  const std::shared_ptr<scripted_provider> provider = std::make_shared<scripted_provider>(clock);
  const std::shared_ptr<recording_observer> seen = std::make_shared<recording_observer>();
  const std::shared_ptr<gated_store> store = std::make_shared<gated_store>();

  deterministic_runtime()
      : deterministic_runtime{GENERATE(run_mode::inline_when_idle, run_mode::scheduled)} {}
  explicit deterministic_runtime(run_mode mode) {
    how.store = store;
    how.provider = provider;
    how.clock = clock;
    how.observers = {seen};
    how.functions_max = 4096;
    how.threads = 1;
    how.run = mode;
  }
  deterministic_runtime(const deterministic_runtime&) = delete;
  deterministic_runtime& operator=(const deterministic_runtime&) = delete;
  ~deterministic_runtime() {
    if (runtime_ == nullptr) return;
    INFO("run mode: " << (simulated() ? "scheduled" : "inline"));
    if (!broken_ && seen->stops() == 0) {
      store->let_through();
      settle();
      check_index();
      check_resources();
    }
    store->let_through();
    runtime_->stop();
    seen->check_order(how.store->keeps_documents());
    runtime_.reset();
    system_.reset();
  }

  [[nodiscard]] bool simulated() const { return how.run == run_mode::scheduled; }

  /// The runtime; the first call starts it.
  [[nodiscard]] fsm::runtime& rt() {
    if (runtime_ == nullptr) {
      expected<fsm::runtime> started = start_it();
      if (!started) throw std::runtime_error{started.error().message};
      runtime_ = std::make_unique<fsm::runtime>(*std::move(started));
    }
    return *runtime_;
  }

  /// Waits until nothing is on its way. Not while a commit is kept back.
  void settle() { rt().settle(); }
  /// Waits until a commit has reached the store and, when simulated, nothing else can be done.
  void settle_before_commit() {
    if (simulated()) {
      settle();
      REQUIRE(store->has_commit());
    } else {
      store->await_commit();
    }
  }
  void let_through() {
    store->let_through();
    settle();
  }
  void advance(duration span) { clock->advance(span); }
  [[nodiscard]] timestamp now() const { return clock->now(); }

  // -- what tests say all the time ----------------------------------------------------------------
  [[nodiscard]] errc create(std::string name, std::string document = "one") {
    return create(create_request{.name = std::move(name), .document = std::move(document)});
  }
  [[nodiscard]] errc create(create_request what) {
    const errc got = code(rt().create(std::move(what)));
    settle();
    return got;
  }
  void create_active(const std::string& name, std::optional<duration> idle_after = std::nullopt) {
    REQUIRE(create({.name = name, .document = "one", .idle_after = idle_after}) == errc::none);
    REQUIRE(pair_of(name) == pairs::ready);
  }
  /// A function without any invocation, idle for so long that it is Inactive.
  void create_inactive(const std::string& name) {
    create_active(name);
    advance(how.idle_after + 1s);  // And at most one tick.
    REQUIRE(state_of(name) == state::inactive);
  }
  [[nodiscard]] errc update(const std::string& name, std::string document = "two",
                            std::uint32_t expected = 0) {
    const errc got = code(rt().update(
        {.name = name, .document = std::move(document), .expected_revision = expected}));
    settle();
    return got;
  }
  [[nodiscard]] errc remove(const std::string& name, std::uint32_t expected = 0) {
    const errc got = code(rt().remove(name, expected));
    settle();
    return got;
  }
  /// Tries to invoke, and completes at once if it may.
  [[nodiscard]] errc invoke(const std::string& name) {
    errc got = errc::none;
    if (const auto admitted = rt().admit(name); !admitted) got = admitted.error().code;
    settle();
    return got;
  }
  [[nodiscard]] admission admit(const std::string& name) {
    auto admitted = rt().admit(name);
    REQUIRE(admitted.has_value());
    return *std::move(admitted);
  }
  [[nodiscard]] function_view view(const std::string& name) {
    const auto found = rt().get(name);
    INFO("get " << name << ": " << (found ? "" : found.error().message));
    CHECK(found.has_value());
    return found ? *found : function_view{};
  }
  [[nodiscard]] pair pair_of(const std::string& name) { return view(name).pair(); }
  [[nodiscard]] state state_of(const std::string& name) { return view(name).state; }
  [[nodiscard]] errc get_code(const std::string& name) { return code(rt().get(name)); }
  /// The events of a function so far, in order.
  [[nodiscard]] std::vector<event> events_of(const std::string& name) const {
    std::vector<event> events;
    for (const transition& t : seen->transitions_of(name)) events.push_back(t.event);
    return events;
  }

  /// For tests in which the store breaks, or the runtime is stopped with things under way.
  void expect_broken() { broken_ = true; }

private:
  [[nodiscard]] expected<fsm::runtime> start_it() {
    if (!simulated()) return fsm::runtime::start(how);
    config_.set("scheduler.policy", caf::atom("testing"));
    system_ = std::make_unique<caf::actor_system>(config_);
    return fsm::start(how, *system_);
  }

  /// The index says of every function what its last transition says.
  void check_index() {
    std::map<std::string, pair> expected_pairs;
    for (const transition& t : seen->transitions()) {
      if (t.to == pairs::absent) {
        expected_pairs.erase(t.name);
      } else {
        expected_pairs[t.name] = t.to;
      }
    }
    std::map<std::string, pair> listed;
    const auto page = rt().list({.limit = 10'000});
    CHECK(page.has_value());
    if (!page) return;
    for (const function_view& f : page->functions) listed[f.name] = f.pair();
    CHECK(listed == expected_pairs);
    CHECK(rt().size() == expected_pairs.size());
  }

  /// After every deadline and retry has passed, the provider holds what Active functions own and
  /// nothing else.
  void check_resources() {
    provider->relent();
    advance(1h);
    settle();
    std::set<attempt_token> owned;
    const auto page = rt().list({.pairs = active.fulfilled, .limit = 10'000});
    CHECK(page.has_value());
    if (!page) return;
    for (const function_view& f : page->functions) {
      const auto admitted = rt().admit(f.name);
      if (admitted) owned.insert(admitted->resource());
    }
    CHECK(provider->held() == owned);
  }

  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::unique_ptr<fsm::runtime> runtime_;
  bool broken_ = false;
};

}  // namespace fsm::testing
