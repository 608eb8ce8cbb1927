#include "invoked_population.hpp"
#include "workload.hpp"

#include <memory>
#include <optional>

namespace bench {
namespace {

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
    return measure_in_turns(stored_, *unstored_, how, {"without a store", "without_store", 0.9});
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
