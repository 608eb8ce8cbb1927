#include "population.hpp"
#include "workload.hpp"

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

class invoke_workload final : public workload {
public:
  explicit invoke_workload(const settings& how)
      : names_{how.functions}, drawn_{names_, how.seed, how.hot}, population_{how, names_} {
    population_.fill(how.threads);
    for (std::size_t i = 0; i < how.threads; ++i) {
      invokers_.push_back(std::make_unique<invoker>(population_.runtime(), drawn_,
                                                    drawn_.first_turn(i, how.threads)));
    }
  }

  measurement measure(const pace& how) override { return run_threads(invokers_, how); }
  std::uint64_t functions() const override { return names_.size(); }
  double bytes_per_function() const override { return population_.bytes_per_function(); }

private:
  name_list names_;
  name_stream drawn_;
  population population_;
  std::vector<std::unique_ptr<operation>> invokers_;
};

}  // namespace

std::unique_ptr<workload> make_invoke(const settings& how) {
  return std::make_unique<invoke_workload>(how);
}

}  // namespace bench
