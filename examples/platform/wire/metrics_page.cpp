// GET /metrics: what Prometheus reads.
#include "invoke/engine.hpp"
#include "metrics.hpp"
#include "metrics/families.hpp"
#include "wire/control.hpp"
#include "wire/steps.hpp"

#include <prometheus/text_serializer.h>

#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace platform::wire {

namespace {

using metrics::add;
using metrics::family;
using prometheus::MetricFamily;
using prometheus::MetricType;

void add_events(const site& where, std::vector<MetricFamily>& to) {
  const auto counted = where.invocations.events().counters();
  auto queued =
      family("fsm_event_invokes_queued", "Events that wait to be run.", MetricType::Gauge);
  add(queued, static_cast<double>(counted.queued));
  auto running = family("fsm_event_invokes_in_flight", "Events that run.", MetricType::Gauge);
  add(running, static_cast<double>(counted.in_flight));
  auto delivered = family("fsm_event_invokes_delivered_total", "Events that were run to success.",
                          MetricType::Counter);
  add(delivered, static_cast<double>(counted.delivered));
  auto retried = family("fsm_event_invokes_retried_total", "Events that will be run once more.",
                        MetricType::Counter);
  add(retried, static_cast<double>(counted.retried));
  auto dropped = family("fsm_event_invokes_dropped_total", "Events that were given up, by reason.",
                        MetricType::Counter);
  for (std::size_t i = 0; i < counted.dropped.size(); ++i) {
    add(dropped, static_cast<double>(counted.dropped[i]),
        {{"reason", std::string{to_string(static_cast<invoke::drop_reason>(i))}}});
  }
  for (auto* each : {&queued, &running, &delivered, &retried, &dropped})
    to.push_back(std::move(*each));
}

}  // namespace

void show_metrics(const call_ptr& request) {
  const auto& where = request->where();
  auto all = where.measured.runtime.Collect();
  auto requests = where.measured.requests.collect();
  std::move(requests.begin(), requests.end(), std::back_inserter(all));
  add_events(where, all);
  auto answer = request->blank(200);
  answer.set(http::proto::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
  answer.body() = prometheus::TextSerializer{}.Serialize(all);
  request->answer(std::move(answer));
}

}  // namespace platform::wire
