#include "scenarios/step.hpp"

#include "random.hpp"

namespace bench {
namespace {

struct table_step {
  fsm::outcome operator()(const fsm::lifecycle_record& record,
                          const fsm::happening& what) const noexcept {
    return fsm::step(record, what);
  }
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
  return std::make_unique<step_workload<table_step>>(how);
}

}  // namespace bench
