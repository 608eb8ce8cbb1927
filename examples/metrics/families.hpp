#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

namespace metrics {

/// A family without members, for numbers that somebody else counts.
[[nodiscard]] inline prometheus::MetricFamily family(std::string name, std::string help,
                                                     prometheus::MetricType type) {
  prometheus::MetricFamily made;
  made.name = std::move(name);
  made.help = std::move(help);
  made.type = type;
  return made;
}

/// Adds a member to a family of counters or gauges.
inline void add(prometheus::MetricFamily& to, double value,
                std::vector<prometheus::ClientMetric::Label> labels = {}) {
  prometheus::ClientMetric one;
  one.label = std::move(labels);
  one.counter.value = value;
  one.gauge.value = value;
  to.metric.push_back(std::move(one));
}

}  // namespace metrics
