#pragma once

#include "show.hpp"
#include <fsm/observer.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace fsm::testing {

/// An observer that writes everything down.
class recording_observer final : public observer {
public:
  void on_transition(const transition& what) override {
    if (during_transition) during_transition(what);
    const std::lock_guard lock{mutex_};
    transitions_.push_back(what);
  }
  void on_attempt(const provision_request& what) override {
    const std::lock_guard lock{mutex_};
    attempts_.push_back(what);
  }
  void on_stale_completion(const attempt_token& whose) override {
    const std::lock_guard lock{mutex_};
    stale_.push_back(whose);
  }
  void on_stopped() override {
    const std::lock_guard lock{mutex_};
    ++stops_;
  }

  [[nodiscard]] std::vector<transition> transitions() const {
    const std::lock_guard lock{mutex_};
    return transitions_;
  }
  [[nodiscard]] std::vector<transition> transitions_of(const std::string& name) const {
    std::vector<transition> some;
    for (transition& t : transitions()) {
      if (t.name == name) some.push_back(std::move(t));
    }
    return some;
  }
  [[nodiscard]] std::vector<provision_request> attempts() const {
    const std::lock_guard lock{mutex_};
    return attempts_;
  }
  [[nodiscard]] std::vector<attempt_token> stale() const {
    const std::lock_guard lock{mutex_};
    return stale_;
  }
  [[nodiscard]] int stops() const {
    const std::lock_guard lock{mutex_};
    return stops_;
  }

  /// What holds of every stream of events: one order without gaps, and each function's transitions
  /// follow each other.
  void check_order(bool with_previous = true) const {
    std::uint64_t sequence = 0;
    std::map<std::uint64_t, transition> last;
    for (const transition& t : transitions()) {
      INFO("transition " << t.sequence << " of " << t.name);
      CHECK(t.sequence == sequence + 1);
      sequence = t.sequence;
      const transition before = last.contains(t.uid) ? last[t.uid] : transition{};
      if (with_previous) CHECK(t.previous == before.sequence);
      CHECK(t.from == before.to);
      CHECK(t.revision == before.revision + (t.event == event::configure ? 0 : 1));
      CHECK(t.at >= before.at);
      last[t.uid] = t;
    }
  }

  /// Called first in every `on_transition`.
  std::function<void(const transition&)> during_transition;

private:
  mutable std::mutex mutex_;
  std::vector<transition> transitions_;
  std::vector<provision_request> attempts_;
  std::vector<attempt_token> stale_;
  int stops_ = 0;
};

}  // namespace fsm::testing
