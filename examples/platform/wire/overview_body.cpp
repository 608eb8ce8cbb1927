#include "wire/overview_body.hpp"

#include "overview.hpp"
#include "times.hpp"
#include "wire/control_bodies.hpp"
#include <fsm/reason.hpp>
#include <fsm/render.hpp>

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace platform::wire {

namespace json = boost::json;

namespace {

constexpr std::array shown_states{fsm::state::pending, fsm::state::active, fsm::state::inactive,
                                  fsm::state::failed};
constexpr std::array shown_statuses{fsm::last_update_status::in_progress,
                                    fsm::last_update_status::successful,
                                    fsm::last_update_status::failed};

// How many functions have each of some values.
template <class Values, class Get>
json::object counts_by(const fsm::population& counts, const Values& values, Get get) {
  json::object result;
  for (const auto value : values) {
    std::uint64_t sum = 0;
    for (std::size_t i = 1; i < counts.size(); ++i) {
      if (get(fsm::legal_pairs[i]) == value) sum += counts[i];
    }
    result[fsm::wire_name(value)] = sum;
  }
  return result;
}

json::array situations(const fsm::population& counts) {
  json::array result;
  for (std::size_t i = 1; i < counts.size(); ++i) {
    auto one = pair_body(fsm::legal_pairs[i]);
    one["name"] = fsm::situation_name(fsm::legal_pairs[i]);
    one["functions"] = counts[i];
    result.push_back(std::move(one));
  }
  return result;
}

// Failure codes that functions have just now, the most frequent first.
json::array failures(const fsm::runtime& functions) {
  std::vector<std::pair<std::uint64_t, std::string_view>> found;
  for (const auto& row : fsm::reason_table) {
    if (!fsm::is_failure(row.code)) continue;
    if (const auto count = functions.count(row.code)) found.emplace_back(count, row.wire_name);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  json::array result;
  for (const auto& [count, name] : found)
    result.push_back(json::object{{"reason_code", name}, {"functions", count}});
  return result;
}

json::object latency(const latency_window::quantiles& measured) {
  json::object result{{"count", measured.count}};
  const auto value = [&](double what) {
    return measured.count == 0 ? json::value{} : json::value(what);
  };
  result["p50"] = value(measured.p50);
  result["p90"] = value(measured.p90);
  result["p99"] = value(measured.p99);
  result["max"] = value(measured.max);
  return result;
}

std::uint64_t refused_invocations(const fsm::statistics& counted) {
  std::uint64_t sum = 0;
  for (const auto code :
       {fsm::errc::function_pending, fsm::errc::function_initializing, fsm::errc::function_failed})
    sum += counted.refusals[static_cast<std::size_t>(code)];
  return sum;
}

}  // namespace

json::object overview_body(const site& where) {
  const auto& functions = where.functions;
  const auto counts = functions.count();
  const auto counted = functions.statistics();
  const auto lately = where.lately.now();
  const auto well = functions.health();
  json::array recent;
  for (const auto& each : lately.recent) recent.push_back(transition_body(each));
  return {{"now", iso_text(functions.clock().now())},
          {"uptime_ms", lately.uptime.count()},
          {"virtual_clock", where.virtual_clock != nullptr},
          {"health", well ? "ok" : well.error().message},
          {"functions", functions.size()},
          {"states", counts_by(counts, shown_states, [](fsm::pair p) { return p.state; })},
          {"update_statuses",
           counts_by(counts, shown_statuses, [](fsm::pair p) { return p.update_status; })},
          {"situations", situations(counts)},
          {"sequence", counted.last_sequence},
          {"transitions", lately.transitions},
          {"invocations", json::object{{"admitted", counted.admissions},
                                       {"refused", refused_invocations(counted)}}},
          {"provisioning", json::object{{"queued", counted.attempts_queued},
                                        {"in_flight", counted.attempts_in_flight},
                                        {"succeeded", lately.attempts_succeeded},
                                        {"failed", lately.attempts_failed},
                                        {"retries", lately.retries},
                                        {"latency_ms", latency(lately.latency)}}},
          {"failures", failures(functions)},
          {"waiters", counted.waiters},
          {"recent", std::move(recent)}};
}

json::object without_time(json::object body) {
  body.erase("now");
  body.erase("uptime_ms");
  return body;
}

}  // namespace platform::wire
