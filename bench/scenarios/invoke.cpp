#include "interrupt.hpp"
#include "population.hpp"
#include "reduce.hpp"
#include "report.hpp"
#include "workload.hpp"

#include <array>
#include <memory>
#include <optional>
#include <vector>

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

/// A population, and threads that invoke it.
class invoked_population {
public:
  invoked_population(const settings& how, const name_list& names, const name_stream& drawn)
      : population_{how, names} {
    population_.fill(how.threads);
    for (std::size_t i = 0; i < how.threads; ++i) {
      invokers_.push_back(std::make_unique<invoker>(population_.runtime(), drawn,
                                                    drawn.first_turn(i, how.threads)));
    }
  }

  [[nodiscard]] measurement measure(const pace& how) { return run_threads(invokers_, how); }
  [[nodiscard]] double bytes_per_function() const { return population_.bytes_per_function(); }

private:
  population population_;
  std::vector<std::unique_ptr<operation>> invokers_;
};

settings without_store(settings how) {
  how.storage = {};
  return how;
}

/// On disk, the same functions without a store are measured beside it, in turns.
class invoke_workload final : public workload {
public:
  explicit invoke_workload(const settings& how)
      : names_{how.functions}, drawn_{names_, how.seed, how.hot}, stored_{how, names_, drawn_} {
    if (how.storage.on_disk()) unstored_.emplace(without_store(how), names_, drawn_);
  }

  measurement measure(const pace& how) override {
    if (!unstored_) return stored_.measure(how);
    constexpr std::size_t rounds = 5;  // An odd number, so that there is a middle one.
    constexpr double ratio_target = 0.9;
    const pace round{how.seconds / rounds, how.rate};
    measurement all;
    measurement without;
    std::vector<double> ratios;
    for (std::size_t i = 0; i < rounds && !interrupted(); ++i) {
      std::array<double, 2> speeds{};
      for (std::size_t turn = 0; turn < speeds.size(); ++turn) {
        const bool stored = (i + turn) % 2 == 0;  // Each begins as often as the other.
        auto once = stored ? stored_.measure(round) : unstored_->measure(round);
        speeds[stored ? 0 : 1] = once.ops_per_second();
        (stored ? all : without).add_later(once);
      }
      if (speeds[1] > 0) ratios.push_back(speeds[0] / speeds[1]);
    }
    if (without.failures > 0) all.fail("without a store: " + without.first_failure);
    if (ratios.empty()) return all;
    const auto spread = spread_of(std::move(ratios));
    all.more.remarks.push_back(
        "without a store, in turns: " + with_commas(without.ops_per_second()) + "/s");
    all.more.members.emplace_back("without_store_ops_per_second", without.ops_per_second());
    all.more.members.emplace_back("without_store_ratio", spread.median);
    all.more.members.emplace_back("without_store_ratio_lowest", spread.lowest);
    all.more.members.emplace_back("without_store_ratio_highest", spread.highest);
    if (how.rate == 0)
      all.more.targets.push_back({"of invoke without a store", spread.median, ratio_target});
    return all;
  }
  std::uint64_t functions() const override { return names_.size(); }
  double bytes_per_function() const override { return stored_.bytes_per_function(); }

private:
  name_list names_;
  name_stream drawn_;
  invoked_population stored_;
  std::optional<invoked_population> unstored_;
};

}  // namespace

std::unique_ptr<workload> make_invoke(const settings& how) {
  return std::make_unique<invoke_workload>(how);
}

}  // namespace bench
