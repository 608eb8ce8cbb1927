// The design most would start with: one `caf::stateful_actor` per function, run by CAF's scheduler.
// It answers the same requests, from the same drivers, as a function of libfsm does in `message`.
#include "interrupt.hpp"
#include "machine.hpp"
#include "message_driver.hpp"
#include "progress.hpp"
#include "workload.hpp"
#include <fsm/actors.hpp>
#include <fsm/step.hpp>

#include <caf/event_based_actor.hpp>
#include <caf/result.hpp>
#include <caf/stateful_actor.hpp>

#include <atomic>

namespace bench {
namespace {

struct function_state {
  fsm::lifecycle_record record;
  std::uint64_t answered = 0;
};

caf::behavior function(caf::stateful_actor<function_state>* self) {
  self->state.record.pair = fsm::pairs::ready;
  return {[self](fsm::ping_atom ping,
                 std::uint64_t number) -> caf::result<fsm::ping_atom, std::uint64_t> {
    ++self->state.answered;
    return {ping, number + 1};
  }};
}

class naive_caf_workload final : public workload {
public:
  explicit naive_caf_workload(const settings& how) : settings_{how}, system_{how} {
    actors_.reserve(how.functions);
    std::atomic<std::uint64_t> created{0};
    const progress_line progress{
        "spawning naive actors",
        [&] { return static_cast<double>(created.load()) / static_cast<double>(how.functions); }};
    const auto before = resident_bytes_trimmed();
    for (std::uint64_t i = 0; i < how.functions && !interrupted(); ++i) {
      // Lazy: its behaviour is made with its first message. The cheapest way to have a million.
      actors_.push_back(system_.get().spawn<caf::lazy_init>(function));
      created.store(i, std::memory_order_relaxed);
    }
    bytes_per_function_ =
        static_cast<double>(resident_bytes() - before) / static_cast<double>(how.functions);
  }

  measurement measure(const pace& how) override {
    if (interrupted()) return {};
    return drive_messages(system_.get(), actors_, settings_, how);
  }
  std::uint64_t functions() const override { return actors_.size(); }
  double bytes_per_function() const override { return bytes_per_function_; }

private:
  settings settings_;
  driven_system system_;
  std::vector<caf::actor> actors_;
  double bytes_per_function_ = 0;
};

}  // namespace

std::unique_ptr<workload> make_naive_caf(const settings& how) {
  return std::make_unique<naive_caf_workload>(how);
}

}  // namespace bench
