#include "population.hpp"
#include "workload.hpp"

#include <string>
#include <string_view>

namespace bench {
namespace {

/// One thread that invokes many functions per call.
class alignas(64) batch_invoker final : public operation {
public:
  batch_invoker(fsm::runtime& runtime, const name_stream& names, std::uint64_t first_turn,
                std::size_t batch)
      : runtime_{runtime}, names_{names}, turn_{first_turn}, asked_(batch), answers_(batch) {}

  /// `count` is a multiple of the batch.
  void run(std::uint64_t count, measurement& out) override {
    for (; count > 0; count -= asked_.size()) {
      for (auto& name : asked_) name = names_[turn_++];
      runtime_.admit_batch(asked_, answers_);
      for (auto& answer : answers_) {
        if (answer) {
          answer->complete();
        } else {
          out.fail(std::string{fsm::to_string(answer.error().code)} + ": " +
                   answer.error().message);
        }
      }
    }
  }

private:
  fsm::runtime& runtime_;
  const name_stream& names_;
  std::uint64_t turn_;
  std::vector<std::string_view> asked_;
  std::vector<fsm::expected<fsm::admission>> answers_;
};

class invoke_batch_workload final : public workload {
public:
  explicit invoke_batch_workload(const settings& how)
      : batch_{how.batch},
        names_{how.functions},
        drawn_{names_, how.seed, how.hot},
        population_{how, names_} {
    population_.fill(how.threads);
    for (std::size_t i = 0; i < how.threads; ++i) {
      invokers_.push_back(std::make_unique<batch_invoker>(
          population_.runtime(), drawn_, drawn_.first_turn(i, how.threads), batch_));
    }
  }

  measurement measure(const pace& how) override {
    auto got = run_threads(invokers_, how, {.per_call = batch_});
    got.more.remarks.push_back("a latency is that of a batch of " + std::to_string(batch_));
    got.more.members.emplace_back("batch", static_cast<double>(batch_));
    return got;
  }
  std::uint64_t functions() const override { return names_.size(); }
  double bytes_per_function() const override { return population_.bytes_per_function(); }

private:
  std::size_t batch_;
  name_list names_;
  name_stream drawn_;
  population population_;
  std::vector<std::unique_ptr<operation>> invokers_;
};

}  // namespace

std::unique_ptr<workload> make_invoke_batch(const settings& how) {
  return std::make_unique<invoke_batch_workload>(how);
}

}  // namespace bench
