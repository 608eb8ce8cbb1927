#pragma once

#include "metrics/runtime_metrics.hpp"

#include <absl/container/flat_hash_map.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace platform {

/// What the platform counts beside its runtime: requests by operation. Any thread.
class request_metrics {
public:
  /// One family member for each of `operations`; the last one stands for requests without one.
  explicit request_metrics(const std::vector<std::string>& operations);

  /// A request of the `operation`th kind was answered. `error`: the name of the error in the API,
  /// "" for none. `took`: nothing when it was refused before its last byte.
  void count(std::size_t operation, unsigned status, std::string_view error,
             std::optional<std::chrono::nanoseconds> took);

  [[nodiscard]] std::vector<prometheus::MetricFamily> collect() const {
    return registry_.Collect();
  }

private:
  struct operation {
    std::string name;
    prometheus::Histogram* took = nullptr;
    std::mutex mutex;  // Guards the rest.
    absl::flat_hash_map<unsigned, prometheus::Counter*> by_status;
  };

  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Counter>& errors_;
  std::deque<operation> operations_;
};

/// All that is measured.
struct all_metrics {
  metrics::runtime_metrics& runtime;
  request_metrics& requests;
};

}  // namespace platform
