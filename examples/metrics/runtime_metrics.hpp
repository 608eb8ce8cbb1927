#pragma once

#include <fsm/observer.hpp>
#include <fsm/runtime.hpp>

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metrics {

/// A runtime's metrics for Prometheus: give it to the runtime as an observer, and to an exposer (or
/// a serializer) as a collectable. Names and units are those of docs/metrics.md; label values come
/// from closed lists, never from functions.
///
///   auto metrics = std::make_shared<metrics::runtime_metrics>();
///   how.observers.push_back(metrics);  // Before the start, so that recovery is counted.
///   auto runtime = fsm::runtime::start(how);
///   metrics->attach(*runtime);  // Until `detach`.
class runtime_metrics final : public fsm::observer, public prometheus::Collectable {
public:
  runtime_metrics();

  /// What the runtime counts itself is read from it when somebody collects. Must be taken back
  /// before the runtime ends.
  void attach(const fsm::runtime& from) noexcept { from_.store(&from); }
  void detach() noexcept { from_.store(nullptr); }

  /// All families. Any thread.
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

  void on_transition(const fsm::transition& what) override;
  void on_attempt_ended(const fsm::attempt_result& what) override;
  void on_stale_completion(const fsm::attempt_token& whose) override;
  void on_commit(const fsm::commit_result& what) override;
  void on_recovery(const fsm::recovery_progress& so_far) override;
  void on_audit(const fsm::audit_result& what) override;

private:
  using counters = prometheus::Family<prometheus::Counter>;

  /// Of the attempts that have ended so; `why_not`: none = they succeeded.
  [[nodiscard]] prometheus::Counter& ended(fsm::attempt_kind kind,
                                           std::optional<fsm::reason_code> why_not);

  static constexpr std::size_t kinds = 3;

  prometheus::Registry registry_;
  counters& transitions_;
  counters& attempts_;
  prometheus::Counter& retries_;
  prometheus::Counter& stale_;
  prometheus::Counter& audits_;
  prometheus::Counter& leaks_;
  prometheus::Gauge& held_;
  prometheus::Gauge& recovered_;
  prometheus::Gauge& recovery_expected_;
  prometheus::Histogram& commit_size_;
  prometheus::Histogram& commit_time_;
  std::array<prometheus::Histogram*, kinds> wait_time_{};
  std::array<prometheus::Histogram*, kinds> provision_time_{};
  // Made when first seen. Observers are told one thing at a time.
  std::array<std::array<prometheus::Counter*, fsm::legal_pairs.size() + 1>, fsm::event_count>
      by_event_{};
  std::map<std::pair<fsm::attempt_kind, std::optional<fsm::reason_code>>, prometheus::Counter*>
      by_result_;
  std::atomic<const fsm::runtime*> from_{nullptr};
};

}  // namespace metrics
