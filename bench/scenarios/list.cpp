#include "sleepers.hpp"
#include "workload.hpp"

#include <string>

namespace bench {
namespace {

/// One function in so many is Inactive.
constexpr std::uint64_t inactive_interval = 16;

/// One thread that walks through the pages of Inactive functions, round and round.
class alignas(64) lister final : public operation {
public:
  lister(fsm::runtime& runtime, std::uint64_t expected) : runtime_{runtime}, expected_{expected} {
    what_.pairs = fsm::inactive.fulfilled;
  }

  /// Begins elsewhere than the other threads, so that they do not read the same page.
  void begin_at_page(std::uint64_t page) {
    measurement ignored;
    run(page, ignored);
  }

  void run(std::uint64_t count, measurement& out) override {
    for (; count > 0; --count) {
      const auto page = runtime_.list(what_);
      if (!page) {
        out.fail(std::string{fsm::to_string(page.error().code)} + ": " + page.error().message);
        continue;
      }
      listed_ += page->functions.size();
      what_.cursor = page->cursor;
      if (page->cursor != 0) continue;
      if (listed_ != expected_) {
        out.fail("a walk listed " + std::to_string(listed_) + " functions, " +
                 std::to_string(expected_) + " are Inactive");
      }
      listed_ = 0;
    }
  }

private:
  fsm::runtime& runtime_;
  std::uint64_t expected_;
  std::uint64_t listed_ = 0;
  fsm::list_request what_;
};

sleep_plan plan_for_list() {
  sleep_plan made;
  made.idle_after = [](std::uint64_t item) -> std::optional<fsm::duration> {
    if (item % inactive_interval != 0) return std::nullopt;
    return std::chrono::hours{1};
  };
  return made;
}

class list_workload final : public workload {
public:
  explicit list_workload(const settings& how)
      : names_{how.functions},
        order_{how.functions},
        sleepers_{how, names_, order_, plan_for_list()} {
    const auto inactive = (how.functions - 1) / inactive_interval + 1;
    require_success(sleepers_.put_to_sleep(std::chrono::hours{2}, inactive));
    const auto pages = inactive / fsm::list_request{}.limit;
    for (std::size_t i = 0; i < how.threads; ++i) {
      auto made = std::make_unique<lister>(sleepers_.runtime(), inactive);
      made->begin_at_page(pages * i / how.threads);
      listers_.push_back(std::move(made));
    }
  }

  measurement measure(const pace& how) override {
    return run_threads(listers_, how, {.interval = 1});
  }
  std::uint64_t functions() const override { return names_.size(); }
  double bytes_per_function() const override { return sleepers_.bytes_per_function(); }

private:
  name_list names_;
  scattered_order order_;
  sleepers sleepers_;
  std::vector<std::unique_ptr<operation>> listers_;
};

}  // namespace

std::unique_ptr<workload> make_list(const settings& how) {
  return std::make_unique<list_workload>(how);
}

}  // namespace bench
