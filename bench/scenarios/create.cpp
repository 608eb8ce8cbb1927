#include "interrupt.hpp"
#include "population.hpp"
#include "workload.hpp"

#include <algorithm>

namespace bench {
namespace {

/// Creates the whole population, again and again in a new runtime, while there is time for one
/// more. The first time is always brought to its end (in a closed loop), however long it takes.
class create_workload final : public workload {
public:
  explicit create_workload(const settings& how)
      : settings_{how},
        in_flight_{how.in_flight.value_or(1)},
        names_{how.functions},
        warm_up_names_{std::clamp<std::uint64_t>(how.functions / 100, 1, 10'000)} {}

  measurement measure(const pace& how) override {
    create_once(warm_up_names_, {});
    measurement all;
    double longest = 0;
    do {
      const auto once = create_once(names_, how);
      if (bytes_per_function_ == 0) bytes_per_function_ = population_->bytes_per_function();
      longest = std::max(longest, once.seconds);
      functions_ = once.ops;
      all.add_later(once);
    } while (how.rate == 0 && all.failures == 0 && !interrupted() &&
             all.seconds + longest <= how.seconds);
    return all;
  }

  std::uint64_t functions() const override { return functions_; }
  double bytes_per_function() const override { return bytes_per_function_; }

private:
  measurement create_once(const name_list& names, const pace& how) {
    population_.reset();  // One after the other: two at once would not fit into the estimate.
    population_.emplace(settings_, names);
    return population_->create_all(settings_.threads, in_flight_, how);
  }

  settings settings_;
  std::size_t in_flight_;
  name_list names_;
  name_list warm_up_names_;
  std::optional<population> population_;
  std::uint64_t functions_ = 0;
  double bytes_per_function_ = 0;
};

}  // namespace

std::unique_ptr<workload> make_create(const settings& how) {
  return std::make_unique<create_workload>(how);
}

}  // namespace bench
