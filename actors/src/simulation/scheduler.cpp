#include <fsm/actors.hpp>
#include <fsm/simulated.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <algorithm>

namespace fsm {

namespace {

caf::actor_system_config& with_test_coordinator(caf::actor_system_config& config) {
  config.set("scheduler.policy", caf::atom("testing"));
  return config;
}

}  // namespace

struct simulated_scheduler::impl {
  caf::actor_system_config config;
  caf::actor_system system{with_test_coordinator(config)};

  [[nodiscard]] caf::scheduler::test_coordinator& coordinator() {
    return static_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  }
};

simulated_scheduler::simulated_scheduler() : impl_{std::make_unique<impl>()} {}
simulated_scheduler::~simulated_scheduler() = default;

expected<runtime> simulated_scheduler::start(options how) {
  how.run = run_mode::scheduled;
  return fsm::start(std::move(how), impl_->system);
}

std::size_t simulated_scheduler::queued() const noexcept {
  return impl_->coordinator().jobs.size();
}

void simulated_scheduler::run(std::size_t which) {
  auto& jobs = impl_->coordinator().jobs;
  if (jobs.empty()) return;
  const auto chosen = jobs.begin() + static_cast<std::ptrdiff_t>(which % jobs.size());
  std::rotate(jobs.begin(), chosen, chosen + 1);
  impl_->coordinator().run_once();
}

void simulated_scheduler::invoke(runtime& where, std::string_view name) {
  if (const auto who = handle(where, name)) caf::anon_send(*who, invoke_atom::value);
}

}  // namespace fsm
