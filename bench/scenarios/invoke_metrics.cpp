#include "invoked_population.hpp"
#include "metrics/runtime_metrics.hpp"
#include "workload.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

namespace bench {
namespace {

/// How often Prometheus asks, at the very most.
constexpr std::chrono::seconds scrape_interval{1};

fsm::options watched_by(const std::shared_ptr<metrics::runtime_metrics>& metrics,
                        const settings& how) {
  auto made = options_for(how);
  made.observers.push_back(metrics);
  return made;
}

/// Collects all metrics once an interval, until it is destroyed.
class scraper {
public:
  explicit scraper(const metrics::runtime_metrics& from)
      : thread_{[&from](const std::stop_token& stop) {
          std::mutex mutex;
          std::condition_variable_any ended;
          std::unique_lock lock{mutex};
          while (!ended.wait_for(lock, stop, scrape_interval, [&] { return false; }) &&
                 !stop.stop_requested()) {
            static_cast<void>(from.Collect());
          }
        }} {}

private:
  std::jthread thread_;
};

class invoke_metrics_workload final : public workload {
public:
  explicit invoke_metrics_workload(const settings& how)
      : names_{how.functions},
        drawn_{names_, how.seed, how.hot},
        watched_{how, names_, drawn_, watched_by(metrics_, how)},
        unwatched_{how, names_, drawn_} {
    metrics_->attach(watched_.runtime());
  }
  ~invoke_metrics_workload() override { metrics_->detach(); }

  measurement measure(const pace& how) override {
    const scraper beside{*metrics_};
    return measure_in_turns(watched_, unwatched_, how,
                            {"without metrics", "without_metrics", 0.95});
  }
  std::uint64_t functions() const override { return names_.size(); }
  double bytes_per_function() const override { return watched_.bytes_per_function(); }

private:
  name_list names_;
  name_stream drawn_;
  std::shared_ptr<metrics::runtime_metrics> metrics_ = std::make_shared<metrics::runtime_metrics>();
  invoked_population watched_;
  invoked_population unwatched_;
};

}  // namespace

std::unique_ptr<workload> make_invoke_metrics(const settings& how) {
  return std::make_unique<invoke_metrics_workload>(how);
}

}  // namespace bench
