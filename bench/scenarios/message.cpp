#include "interrupt.hpp"
#include "message_driver.hpp"
#include "population.hpp"
#include "workload.hpp"
#include <fsm/actors.hpp>

#include <stdexcept>

namespace bench {
namespace {

class message_workload final : public workload {
public:
  explicit message_workload(const settings& how)
      : settings_{how},
        names_{how.functions},
        system_{how},
        population_{how, names_, &system_.get()} {
    population_.fill(how.threads);
    const drawn_set drawn{names_.size(), how.hot};
    actors_.reserve(drawn.size());
    for (std::uint64_t i = 0; i < drawn.size() && !interrupted(); ++i) {
      auto actor = fsm::handle(population_.runtime(), names_[drawn[i]]);
      if (!actor) throw std::runtime_error{"no actor: " + actor.error().message};
      actors_.push_back(std::move(*actor));
    }
  }

  measurement measure(const pace& how) override {
    if (interrupted()) return {};
    return drive_messages(system_.get(), actors_, settings_, how);
  }
  std::uint64_t functions() const override { return names_.size(); }
  double bytes_per_function() const override { return population_.bytes_per_function(); }

private:
  settings settings_;
  name_list names_;
  driven_system system_;
  population population_;
  std::vector<caf::actor> actors_;
};

}  // namespace

std::unique_ptr<workload> make_message(const settings& how) {
  return std::make_unique<message_workload>(how);
}

}  // namespace bench
