#include "metrics/runtime_metrics.hpp"

#include "metrics/families.hpp"
#include <fsm/explanation.hpp>
#include <fsm/reason.hpp>
#include <fsm/render.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace metrics {

namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::MetricFamily;
using prometheus::MetricType;
using buckets = prometheus::Histogram::BucketBoundaries;

const buckets provision_seconds{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,  2.5,
                                5,    10,    30,   60,  120,  300, 600};
const buckets commit_seconds{0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025,
                             0.005,   0.01,     0.025,   0.05,   0.1,     0.25,   1};
const buckets batch_sizes{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192};

double seconds(std::chrono::nanoseconds span) {
  return std::chrono::duration<double>(span).count();
}

std::string label(std::string_view text) { return text.empty() ? "none" : std::string{text}; }

/// One number of what a runtime counts itself.
struct single {
  const char* name;
  const char* help;
  MetricType type;
  std::uint64_t fsm::statistics::*value;
};

constexpr std::array singles{
    single{"fsm_admissions_total", "Invocations that were admitted.", MetricType::Counter,
           &fsm::statistics::admissions},
    single{"fsm_idle_proposals_total",
           "Functions that were asked to become Inactive as their idle time seemed over.",
           MetricType::Counter, &fsm::statistics::idle_proposals},
    single{"fsm_idle_in_use_total", "Those of them that were in use after all.",
           MetricType::Counter, &fsm::statistics::idle_in_use},
    single{"fsm_waiters", "Waiters that are armed.", MetricType::Gauge, &fsm::statistics::waiters},
    single{"fsm_provisioning_queued", "Attempts to make resources that wait for a place.",
           MetricType::Gauge, &fsm::statistics::attempts_queued},
    single{"fsm_provisioning_in_flight", "Attempts to make resources that have a place.",
           MetricType::Gauge, &fsm::statistics::attempts_in_flight},
    single{"fsm_releases_owed", "Releases that the provider has not confirmed.", MetricType::Gauge,
           &fsm::statistics::releases_owed},
    single{"fsm_transitions_under_way", "Transitions on their way to the store.", MetricType::Gauge,
           &fsm::statistics::transitions_under_way},
    single{"fsm_last_sequence", "The sequence of the last durable transition.", MetricType::Gauge,
           &fsm::statistics::last_sequence}};

MetricFamily functions(const fsm::runtime& from) {
  auto made =
      family("fsm_functions", "Functions by State and LastUpdateStatus.", MetricType::Gauge);
  const auto counts = from.count();
  for (std::size_t i = 1; i < counts.size(); ++i) {
    const auto pair = fsm::legal_pairs[i];
    add(made, static_cast<double>(counts[i]),
        {{"state", label(fsm::wire_name(pair.state))},
         {"last_update_status", label(fsm::wire_name(pair.update_status))}});
  }
  return made;
}

MetricFamily failures(const fsm::runtime& from) {
  auto made = family("fsm_functions_by_reason",
                     "Functions with this code as the reason of their State or LastUpdateStatus.",
                     MetricType::Gauge);
  for (const auto& row : fsm::reason_table) {
    const auto count = from.count(row.code);
    if (count != 0)
      add(made, static_cast<double>(count), {{"reason_code", std::string{row.wire_name}}});
  }
  return made;
}

MetricFamily refusals(const fsm::statistics& counted) {
  auto made = family("fsm_refusals_total", "Calls of every kind that were refused, by error.",
                     MetricType::Counter);
  for (std::size_t i = 1; i < counted.refusals.size(); ++i) {
    add(made, static_cast<double>(counted.refusals[i]),
        {{"error", std::string{fsm::to_string(static_cast<fsm::errc>(i))}}});
  }
  return made;
}

MetricFamily waits(const fsm::statistics& counted) {
  auto made =
      family("fsm_waits_total", "Waiters that were answered, by result.", MetricType::Counter);
  add(made, static_cast<double>(counted.waits_fulfilled), {{"result", "fulfilled"}});
  add(made, static_cast<double>(counted.waits_timed_out), {{"result", "timed_out"}});
  add(made, static_cast<double>(counted.waits_ended_otherwise), {{"result", "ended"}});
  return made;
}

}  // namespace

runtime_metrics::runtime_metrics()
    : transitions_{BuildCounter()
                       .Name("fsm_transitions_total")
                       .Help("Durable transitions, by event and by the situation they led to.")
                       .Register(registry_)},
      attempts_{BuildCounter()
                    .Name("fsm_provisioning_attempts_total")
                    .Help("Attempts to make resources that have ended, by kind and result.")
                    .Register(registry_)},
      retries_{BuildCounter()
                   .Name("fsm_provisioning_retries_total")
                   .Help("Tries of attempts after the first.")
                   .Register(registry_)
                   .Add({})},
      stale_{BuildCounter()
                 .Name("fsm_stale_completions_total")
                 .Help("Answers of the provider that nobody waited for any more.")
                 .Register(registry_)
                 .Add({})},
      audits_{BuildCounter()
                  .Name("fsm_audits_total")
                  .Help("Comparisons of what the provider holds with what functions own.")
                  .Register(registry_)
                  .Add({})},
      leaks_{BuildCounter()
                 .Name("fsm_leaks_found_total")
                 .Help("Resources that no function owned, found by an audit and released.")
                 .Register(registry_)
                 .Add({})},
      held_{BuildGauge()
                .Name("fsm_audit_held_resources")
                .Help("Attempts whose resources the provider held at the last audit.")
                .Register(registry_)
                .Add({})},
      recovered_{BuildGauge()
                     .Name("fsm_recovery_functions")
                     .Help("Functions of an earlier life that are back.")
                     .Register(registry_)
                     .Add({})},
      recovery_expected_{BuildGauge()
                             .Name("fsm_recovery_expected_functions")
                             .Help("About how many functions of an earlier life there are.")
                             .Register(registry_)
                             .Add({})},
      commit_size_{BuildHistogram()
                       .Name("fsm_commit_transitions")
                       .Help("Transitions that were written to the store at once.")
                       .Register(registry_)
                       .Add({}, batch_sizes)},
      commit_time_{BuildHistogram()
                       .Name("fsm_commit_duration_seconds")
                       .Help("Time from giving a batch to the store to its answer.")
                       .Register(registry_)
                       .Add({}, commit_seconds)} {
  auto& waited = BuildHistogram()
                     .Name("fsm_provisioning_wait_seconds")
                     .Help("Time of attempts from the order to the first try.")
                     .Register(registry_);
  auto& took = BuildHistogram()
                   .Name("fsm_provisioning_duration_seconds")
                   .Help("Time of attempts from the first try to the end, with all retries.")
                   .Register(registry_);
  for (std::size_t i = 0; i < kinds; ++i) {
    const std::string kind{fsm::to_string(static_cast<fsm::attempt_kind>(i))};
    wait_time_[i] = &waited.Add({{"kind", kind}}, provision_seconds);
    provision_time_[i] = &took.Add({{"kind", kind}}, provision_seconds);
  }
  // From 0 on: of a series that begins at 5 nobody can tell that 5 have come.
  for (const auto kind :
       {fsm::attempt_kind::create, fsm::attempt_kind::update, fsm::attempt_kind::restore}) {
    static_cast<void>(ended(kind, std::nullopt));
    for (const auto& row : fsm::reason_table) {
      if (fsm::is_failure(row.code)) static_cast<void>(ended(kind, row.code));
    }
  }
}

std::vector<MetricFamily> runtime_metrics::Collect() const {
  auto all = registry_.Collect();
  const auto* from = from_.load();
  if (from == nullptr) return all;
  const auto counted = from->statistics();
  all.push_back(functions(*from));
  all.push_back(failures(*from));
  all.push_back(refusals(counted));
  all.push_back(waits(counted));
  for (const auto& each : singles) {
    auto made = family(each.name, each.help, each.type);
    add(made, static_cast<double>(counted.*each.value));
    all.push_back(std::move(made));
  }
  auto healthy = family("fsm_store_healthy", "1 while the store can write, 0 once it has failed.",
                        MetricType::Gauge);
  add(healthy, from->health() ? 1 : 0);
  all.push_back(std::move(healthy));
  return all;
}

void runtime_metrics::on_transition(const fsm::transition& what) {
  const auto event = static_cast<std::size_t>(what.event);
  if (event >= by_event_.size()) return;
  auto*& counter = by_event_[event][fsm::index_of(what.to)];
  if (counter == nullptr) {
    counter =
        &transitions_.Add({{"event", std::string{fsm::to_string(what.event)}},
                           {"state", label(fsm::wire_name(what.to.state))},
                           {"last_update_status", label(fsm::wire_name(what.to.update_status))}});
  }
  counter->Increment();
}

prometheus::Counter& runtime_metrics::ended(fsm::attempt_kind kind,
                                            std::optional<fsm::reason_code> why_not) {
  auto*& counter = by_result_[{kind, why_not}];
  if (counter == nullptr) {
    counter = &attempts_.Add({{"kind", std::string{fsm::to_string(kind)}},
                              {"result", why_not ? label(fsm::wire_name(*why_not)) : "succeeded"}});
  }
  return *counter;
}

void runtime_metrics::on_attempt_ended(const fsm::attempt_result& what) {
  ended(what.kind, what.succeeded ? std::nullopt : std::optional{what.reason}).Increment();
  if (what.tries > 1) retries_.Increment(what.tries - 1);
  const auto kind = static_cast<std::size_t>(what.kind);
  wait_time_[kind]->Observe(seconds(what.waited));
  provision_time_[kind]->Observe(seconds(what.took));
}

void runtime_metrics::on_stale_completion(const fsm::attempt_token& /*whose*/) {
  stale_.Increment();
}

void runtime_metrics::on_commit(const fsm::commit_result& what) {
  commit_size_.Observe(what.transitions);
  commit_time_.Observe(seconds(what.took));
}

void runtime_metrics::on_recovery(const fsm::recovery_progress& so_far) {
  recovered_.Set(static_cast<double>(so_far.functions));
  recovery_expected_.Set(static_cast<double>(so_far.expected));
}

void runtime_metrics::on_audit(const fsm::audit_result& what) {
  audits_.Increment();
  held_.Set(static_cast<double>(what.held));
  if (what.orphans != 0) leaks_.Increment(static_cast<double>(what.orphans));
}

}  // namespace metrics
