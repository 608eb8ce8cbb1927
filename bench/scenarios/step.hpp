#pragma once

#include "workload.hpp"
#include <fsm/step.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace bench {

/// A random walk through the lifecycle: events, each of which is accepted, or moves the function,
/// in the situation the ones before it led to. It begins without the function and ends with its
/// removal, so that it can be walked again and again. `length` (at least 2) or one event less.
[[nodiscard]] std::vector<fsm::event> legal_walk(std::uint64_t seed, std::size_t length);

/// The happening that takes `record` along the walk.
[[nodiscard]] constexpr fsm::happening on_the_walk(const fsm::lifecycle_record& record,
                                                   fsm::event what) noexcept {
  return {.event = what, .attempt = record.attempt, .reason = fsm::reason_code::internal_error};
}

/// Makes the compiler believe that somebody looks at `value`.
template <class Value>
void consume(const Value& value) {
  asm volatile("" : : "m"(value) : "memory");
}

/// One thread's walk with `Step`, a function object called with a record and a happening.
template <class Step>
class alignas(64) walker final : public operation {
public:
  explicit walker(std::uint64_t seed) : walk_{legal_walk(seed, 65'536)} {}

  void run(std::uint64_t count, measurement& /*out*/) override {
    auto record = record_;
    auto turn = turn_;
    std::uint64_t answers = 0;
    for (; count > 0; --count) {
      const auto outcome = Step{}(record, on_the_walk(record, walk_[turn]));
      record = outcome.next;
      answers += outcome.effects.bits + static_cast<std::uint64_t>(outcome.answer) + outcome.start +
                 outcome.release + outcome.abandon;
      turn = turn + 1 == walk_.size() ? 0 : turn + 1;
    }
    record_ = record;
    turn_ = turn;
    consume(record_);
    consume(answers);
  }

private:
  std::vector<fsm::event> walk_;
  std::size_t turn_ = 0;
  fsm::lifecycle_record record_;
};

/// A walk per thread: `step`, and the same with another `Step` as a peer.
template <class Step>
class step_workload final : public workload {
public:
  explicit step_workload(const settings& how) {
    for (std::size_t i = 0; i < how.threads; ++i) {
      walkers_.push_back(std::make_unique<walker<Step>>(how.seed + i));
    }
  }

  measurement measure(const pace& how) override {
    return run_threads(walkers_, how, {.interval = 4096, .mean = true});
  }

private:
  std::vector<std::unique_ptr<operation>> walkers_;
};

}  // namespace bench
