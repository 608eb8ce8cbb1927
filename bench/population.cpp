#include "population.hpp"

#include "interrupt.hpp"
#include "machine.hpp"
#include "progress.hpp"
#include <fsm/actors.hpp>

#include <algorithm>
#include <stdexcept>

namespace bench {
namespace {

fsm::runtime start(fsm::options how, caf::actor_system* system) {
  auto started =
      system == nullptr ? fsm::runtime::start(std::move(how)) : fsm::start(std::move(how), *system);
  if (!started) throw std::runtime_error{"the runtime does not start: " + started.error().message};
  return std::move(*started);
}

}  // namespace

fsm::options options_for(const settings& how, std::shared_ptr<fsm::store> store) {
  fsm::options made;
  made.store = store == nullptr ? make_store(how.storage) : std::move(store);
  made.provider = fsm::make_instant_provider();
  made.functions_max = std::max<std::size_t>(made.functions_max, how.functions);
  made.threads = how.threads;
  made.seed = how.seed;
  // Room for whatever may be outstanding, so that nothing is refused.
  const auto outstanding = how.threads * std::max(how.in_flight.value_or(1), fill_in_flight);
  made.journal_max = std::max(made.journal_max, 4 * outstanding);
  made.provisioner.queued_max = std::max(made.provisioner.queued_max, outstanding);
  return made;
}

population::population(fsm::options how, std::uint64_t functions, describe_function what,
                       caf::actor_system* system)
    : functions_{functions}, describe_{std::move(what)}, runtime_{start(std::move(how), system)} {}

describe_function population::names_only(const name_list& names) {
  return [&names](std::uint64_t which) {
    fsm::create_request made;
    made.name = names[which];
    return made;
  };
}

measurement population::create_all(std::size_t threads, std::size_t in_flight, const pace& how) {
  const auto first_window = windows_.size();
  for (std::size_t i = 0; i < threads; ++i) windows_.emplace_back(in_flight);
  auto& plan = plans_.emplace_back(*runtime_, describe_, in_flight == 1);
  const progress_line progress{
      "creating functions",
      [&] { return static_cast<double>(plan.created.load()) / static_cast<double>(functions_); }};
  std::deque<create_work> work;
  for (std::size_t i = 0; i < threads; ++i) {
    work.emplace_back(plan, functions_ * i / threads, functions_ * (i + 1) / threads);
  }
  const auto before = resident_bytes_trimmed();
  const auto parts = in_parallel(threads, [&](std::size_t i, time_point begin) {
    return windows_[first_window + i].run(work[i], {how, begin, i, threads, how.rate > 0});
  });
  const auto after = resident_bytes();
  auto all = together(parts, how);
  if (all.ops > 0 && after > before) {
    bytes_per_function_ = static_cast<double>(after - before) / static_cast<double>(all.ops);
  }
  return all;
}

void population::fill(std::size_t threads) {
  require_created(create_all(threads, fill_in_flight, {}), functions_);
}

void require_created(const measurement& made, std::uint64_t functions) {
  if (made.failures > 0) {
    throw std::runtime_error{"creating " + std::to_string(made.failures) +
                             " functions failed, the first: " + made.first_failure};
  }
  if (made.ops < functions && !interrupted()) {
    throw std::runtime_error{"only " + std::to_string(made.ops) + " functions were created"};
  }
}

}  // namespace bench
