#include "report.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <cmath>
#include <ctime>

namespace bench {
namespace {

namespace json = boost::json;

/// Digits beyond these are noise.
double rounded(double value, double places) {
  const double factor = std::pow(10.0, places);
  return std::round(value * factor) / factor;
}

json::object to_object(const build& from) {
  return {{"type", from.type},
          {"compiler", from.compiler},
          {"warnings", json::array(from.warnings.begin(), from.warnings.end())}};
}

json::object to_object(const result& from, const report& all) {
  const auto& latency = from.measured.latency;
  const auto quantile = [&](double q) { return rounded(latency.quantile_us(q), 5); };
  json::object made{{"scenario", from.scenario},
                    {"functions", from.functions},
                    {"threads", from.threads},
                    {"store", "none"},
                    {"durability", "none"},
                    {"seconds", rounded(from.measured.seconds, 3)},
                    {"ops", from.measured.ops},
                    {"ops_per_second", rounded(from.ops_per_second, 1)},
                    {"latency_us",
                     {{"p50", quantile(0.5)},
                      {"p90", quantile(0.9)},
                      {"p99", quantile(0.99)},
                      {"p999", quantile(0.999)},
                      {"max", rounded(latency.max_us(), 5)}}},
                    {"bytes_per_function", rounded(from.bytes_per_function, 1)},
                    {"rss_bytes", from.rss_bytes},
                    {"commit", all.build.commit},
                    {"machine", all.machine.to_string()},
                    {"build", to_object(all.build)},
                    {"date", all.run.date},
                    {"rate", all.run.rate},
                    {"seed", all.run.seed}};
  if (all.run.in_flight) made["in_flight"] = *all.run.in_flight;
  if (const auto share = from.measured.slowest_thread_share) {
    made["slowest_thread_share"] = rounded(*share, 3);
  }
  for (const auto& each : from.measured.figures) made[each.name] = rounded(each.value, 5);
  return made;
}

json::object with_more(json::object made, const extras& more) {
  for (const auto& [name, text] : more.members) made[name] = json::parse(text);
  return made;
}

json::object to_object(const ratio& from) {
  if (!from.missing.empty()) {
    return {{"scenario", from.scenario}, {"peer", from.peer}, {"missing", from.missing}};
  }
  return {{"scenario", from.scenario},
          {"peer", from.peer},
          {"ratio", rounded(from.median, 3)},
          {"lowest", rounded(from.lowest, 3)},
          {"highest", rounded(from.highest, 3)},
          {"rounds", from.rounds},
          {"target", from.target}};
}

/// An array with one element per line, so that files can be read and compared by eye.
template <class Range, class Convert>
std::string lines(const Range& range, Convert convert) {
  std::string text = "[";
  const char* separator = "\n  ";
  for (const auto& each : range) {
    text += separator + json::serialize(convert(each));
    separator = ",\n  ";
  }
  return text + "\n]";
}

}  // namespace

run_facts facts_of(const settings& how) {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm fields{};
  gmtime_r(&now, &fields);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &fields);
  return {date, how.rate, how.in_flight, how.seed};
}

std::string to_json(const report& all) {
  auto text = "{\"version\": " + std::to_string(json_version) +
              ", \"results\": " + lines(all.results, [&](const result& each) {
                return with_more(to_object(each, all), each.more);
              });
  if (!all.ratios.empty()) {
    text += ", \"ratios\": " + lines(all.ratios, [](const ratio& each) { return to_object(each); });
  }
  return text + "}\n";
}

}  // namespace bench
