#pragma once

#include <fsm/provider.hpp>

#include <atomic>
#include <string>
#include <utility>

namespace fsm {

/// What the copies of a completion share.
struct completion::state {
  state() = default;
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  virtual ~state() = default;

  /// The first answer counts.
  void answer(result what, reason_code why, std::string text) {
    if (!answered_.exchange(true, std::memory_order_acq_rel)) deliver(what, why, std::move(text));
  }

private:
  virtual void deliver(result what, reason_code why, std::string text) = 0;

  std::atomic<bool> answered_{false};
};

}  // namespace fsm
