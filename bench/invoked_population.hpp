#pragma once

#include "flags.hpp"
#include "measure.hpp"
#include "names.hpp"
#include "population.hpp"

#include <memory>
#include <string>
#include <vector>

namespace bench {

/// A population, and threads that invoke it by names drawn from `drawn`, which must outlive it.
class invoked_population {
public:
  invoked_population(const settings& how, const name_list& names, const name_stream& drawn)
      : invoked_population{how, names, drawn, options_for(how)} {}
  invoked_population(const settings& how, const name_list& names, const name_stream& drawn,
                     fsm::options runtime);

  [[nodiscard]] measurement measure(const pace& how) { return run_threads(invokers_, how); }
  [[nodiscard]] fsm::runtime& runtime() noexcept { return population_.runtime(); }
  [[nodiscard]] double bytes_per_function() const { return population_.bytes_per_function(); }

private:
  population population_;
  std::vector<std::unique_ptr<operation>> invokers_;
};

/// What a population is compared with.
struct yardstick {
  /// "without a store".
  std::string name;
  /// The same in names of members: "without_store".
  std::string member;
  /// What the ratio should be at least.
  double target = 1;
};

/// Measures `subject` and `beside` in turns, five times, and gives what `subject` did with the
/// ratio of each pair in its extras.
[[nodiscard]] measurement measure_in_turns(invoked_population& subject, invoked_population& beside,
                                           const pace& how, const yardstick& what);

}  // namespace bench
