#include "metrics.hpp"

#include <algorithm>

namespace platform {

namespace {

const prometheus::Histogram::BucketBoundaries request_seconds{
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
    0.1,    0.25,    0.5,    1,     2.5,    5,     10,   30};

}  // namespace

request_metrics::request_metrics(const std::vector<std::string>& operations)
    : requests_{prometheus::BuildCounter()
                    .Name("fsm_http_requests_total")
                    .Help("Requests that were answered, by operation and status.")
                    .Register(registry_)},
      errors_{prometheus::BuildCounter()
                  .Name("fsm_http_errors_total")
                  .Help("Requests that were refused, by the error's name in the API.")
                  .Register(registry_)} {
  auto& took = prometheus::BuildHistogram()
                   .Name("fsm_http_request_duration_seconds")
                   .Help("Time from a request's last byte to its answer, by operation.")
                   .Register(registry_);
  for (const auto& name : operations) {
    auto& made = operations_.emplace_back();
    made.name = name;
    made.took = &took.Add({{"operation", name}}, request_seconds);  // One for each name.
  }
}

void request_metrics::count(std::size_t operation, unsigned status, std::string_view error,
                            std::optional<std::chrono::nanoseconds> took) {
  auto& of = operations_[std::min(operation, operations_.size() - 1)];
  if (took) of.took->Observe(std::chrono::duration<double>(*took).count());
  prometheus::Counter* counter = nullptr;
  {
    const std::lock_guard lock{of.mutex};
    auto& known = of.by_status[status];
    if (known == nullptr)
      known = &requests_.Add({{"operation", of.name}, {"status", std::to_string(status)}});
    counter = known;
  }
  counter->Increment();
  if (!error.empty()) errors_.Add({{"error", std::string{error}}}).Increment();
}

}  // namespace platform
