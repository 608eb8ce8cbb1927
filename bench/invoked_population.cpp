#include "invoked_population.hpp"

#include "interrupt.hpp"
#include "reduce.hpp"
#include "report.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace bench {
namespace {

/// One thread that invokes.
class alignas(64) invoker final : public operation {
public:
  invoker(fsm::runtime& runtime, const name_stream& names, std::uint64_t first_turn)
      : runtime_{runtime}, names_{names}, turn_{first_turn} {}

  void run(std::uint64_t count, measurement& out) override {
    for (; count > 0; --count) {
      auto admission = runtime_.admit(names_[turn_++]);
      if (!admission) {
        out.fail(std::string{fsm::to_string(admission.error().code)} + ": " +
                 admission.error().message);
        continue;
      }
      admission->complete();
    }
  }

private:
  fsm::runtime& runtime_;
  const name_stream& names_;
  std::uint64_t turn_;
};

}  // namespace

invoked_population::invoked_population(const settings& how, const name_list& names,
                                       const name_stream& drawn, fsm::options runtime)
    : population_{std::move(runtime), names.size(), population::names_only(names)} {
  population_.fill(how.threads);
  for (std::size_t i = 0; i < how.threads; ++i) {
    invokers_.push_back(
        std::make_unique<invoker>(population_.runtime(), drawn, drawn.first_turn(i, how.threads)));
  }
}

measurement measure_in_turns(invoked_population& subject, invoked_population& beside,
                             const pace& how, const yardstick& what) {
  constexpr std::size_t rounds = 5;  // An odd number, so that there is a middle one.
  const pace round{how.seconds / rounds, how.rate};
  measurement all;
  measurement others;
  std::vector<double> ratios;
  for (std::size_t i = 0; i < rounds && !interrupted(); ++i) {
    std::array<double, 2> speeds{};
    for (std::size_t turn = 0; turn < speeds.size(); ++turn) {
      const bool first = (i + turn) % 2 == 0;  // Each begins as often as the other.
      auto once = (first ? subject : beside).measure(round);
      speeds[first ? 0 : 1] = once.ops_per_second();
      (first ? all : others).add_later(once);
    }
    if (speeds[1] > 0) ratios.push_back(speeds[0] / speeds[1]);
  }
  if (others.failures > 0) all.fail(what.name + ": " + others.first_failure);
  if (ratios.empty()) return all;
  const auto spread = spread_of(std::move(ratios));
  auto& more = all.more;
  more.remarks.push_back(what.name + ", in turns: " + with_commas(others.ops_per_second()) + "/s");
  more.members.emplace_back(what.member + "_ops_per_second", others.ops_per_second());
  more.members.emplace_back(what.member + "_ratio", spread.median);
  more.members.emplace_back(what.member + "_ratio_lowest", spread.lowest);
  more.members.emplace_back(what.member + "_ratio_highest", spread.highest);
  if (how.rate == 0) more.targets.push_back({"of invoke " + what.name, spread.median, what.target});
  return all;
}

}  // namespace bench
