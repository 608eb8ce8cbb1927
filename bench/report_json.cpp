#include "json_lines.hpp"
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

json::array to_array(const std::vector<target>& from) {
  json::array made;
  for (const auto& each : from) {
    made.push_back(json::object{{"what", each.what},
                                {"value", rounded(each.value, 5)},
                                {each.at_most ? "at_most" : "at_least", each.bound},
                                {"met", each.met()}});
  }
  return made;
}

json::object to_object(const result& from, const report& all) {
  const auto& latency = from.measured.latency;
  const auto quantile = [&](double q) { return rounded(latency.quantile_us(q), 5); };
  json::object made{{"scenario", from.scenario},
                    {"functions", from.functions},
                    {"threads", from.threads},
                    {"store", all.run.store},
                    {"durability", all.run.durability},
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
  if (all.run.hot > 0) made["hot"] = all.run.hot;
  if (const auto share = from.measured.slowest_thread_share) {
    made["slowest_thread_share"] = rounded(*share, 3);
  }
  if (!from.measured.more.targets.empty()) made["targets"] = to_array(from.measured.more.targets);
  for (const auto& [name, value] : from.measured.more.members) {
    if (const auto* const number = std::get_if<double>(&value)) {
      made[name] = rounded(*number, 5);
    } else {
      made[name] = json::parse(std::get<std::string>(value));
    }
  }
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

}  // namespace

run_facts facts_of(const settings& how) {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm fields{};
  gmtime_r(&now, &fields);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &fields);
  return {date,
          how.rate,
          how.in_flight,
          how.seed,
          how.hot,
          std::string{how.storage.store_name()},
          std::string{how.storage.durability_name()}};
}

std::string to_json(const report& all) {
  auto text = "{\"version\": " + std::to_string(json_version) + ", \"results\": " +
              json_lines(all.results, [&](const result& each) { return to_object(each, all); });
  if (!all.ratios.empty()) {
    text += ", \"ratios\": " +
            json_lines(all.ratios, [](const ratio& each) { return to_object(each); });
  }
  return text + "}\n";
}

}  // namespace bench
