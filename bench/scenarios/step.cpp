#include "scenarios/step.hpp"

#include "random.hpp"
#include "workload.hpp"

namespace bench {
namespace {

/// Makes the compiler believe that somebody looks at `values`.
template <class Value>
void consume(const Value& value) {
  asm volatile("" : : "m"(value) : "memory");
}

/// One thread's walk.
class alignas(64) walker final : public operation {
public:
  explicit walker(std::uint64_t seed) : walk_{legal_walk(seed, 65'536)} {}

  void run(std::uint64_t count, measurement& /*out*/) override {
    auto record = record_;
    auto turn = turn_;
    std::uint64_t answers = 0;
    for (; count > 0; --count) {
      const auto outcome = fsm::step(record, on_the_walk(record, walk_[turn]));
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

class step_workload final : public workload {
public:
  explicit step_workload(const settings& how) {
    for (std::size_t i = 0; i < how.threads; ++i) {
      walkers_.push_back(std::make_unique<walker>(how.seed + i));
    }
  }

  measurement measure(const pace& how) override {
    return run_threads(walkers_, how, {.interval = 4096, .mean = true});
  }

private:
  std::vector<std::unique_ptr<operation>> walkers_;
};

}  // namespace

std::vector<fsm::event> legal_walk(std::uint64_t seed, std::size_t length) {
  std::vector<fsm::event> walk;
  walk.reserve(length);
  random_numbers random{seed};
  fsm::lifecycle_record record;
  while (walk.size() + 1 < length) {
    std::vector<fsm::event> legal;
    for (std::size_t i = 0; i < fsm::event_count; ++i) {
      const auto what = static_cast<fsm::event>(i);
      const auto outcome = fsm::step(record, on_the_walk(record, what));
      if (outcome.answer == fsm::answer::accepted || outcome.changed(record)) legal.push_back(what);
    }
    walk.push_back(legal[random.below(legal.size())]);
    record = fsm::step(record, on_the_walk(record, walk.back())).next;
  }
  if (record.pair != fsm::pairs::absent) walk.push_back(fsm::event::remove);
  return walk;
}

std::unique_ptr<workload> make_step(const settings& how) {
  return std::make_unique<step_workload>(how);
}

}  // namespace bench
