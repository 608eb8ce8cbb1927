#include "reduce.hpp"

#include "page/format.hpp"

#include <algorithm>

namespace bench {
namespace {

/// The median of what `value` gives for each row.
template <class Value>
double median(const std::vector<const file_row*>& rows, Value value) {
  std::vector<double> values;
  values.reserve(rows.size());
  for (const auto* const each : rows) values.push_back(value(*each));
  return spread_of(std::move(values)).median;
}

reduced_row reduce_runs(const row_key& key, const std::vector<const file_row*>& runs) {
  std::vector<double> speeds;
  speeds.reserve(runs.size());
  for (const auto* const each : runs) speeds.push_back(each->ops_per_second);
  const auto latency = [&](double latencies::*which) {
    return median(runs, [which](const file_row& row) { return row.latency_us.*which; });
  };
  return {key,
          runs.size(),
          spread_of(std::move(speeds)),
          {latency(&latencies::p50), latency(&latencies::p90), latency(&latencies::p99),
           latency(&latencies::p999), latency(&latencies::max)},
          median(runs, [](const file_row& row) { return row.bytes_per_function; }),
          median(runs, [](const file_row& row) { return row.seconds; })};
}

}  // namespace

row_key key_of(const file_row& row) {
  return {row.scenario, row.functions, row.threads, row.store, row.durability,
          row.rate,     row.in_flight, row.hot,     row.batch};
}

key_differences differences(std::span<const row_key> keys) {
  key_differences found;
  // Scenarios without functions, or without batches, do not make the others' worth repeating.
  std::uint64_t functions = 0;
  std::optional<std::uint64_t> batch;
  for (const auto& each : keys) {
    const auto& first = keys.front();
    if (functions == 0) functions = each.functions;
    found.functions |= each.functions != 0 && each.functions != functions;
    found.threads |= each.threads != first.threads;
    found.store |= each.store != first.store || each.durability != first.durability;
    found.rate |= each.rate != first.rate;
    found.in_flight |= each.in_flight != first.in_flight;
    found.hot |= each.hot != first.hot;
    if (!batch) batch = each.batch;
    found.batch |= each.batch && each.batch != batch;
  }
  return found;
}

std::vector<std::string> words_for(const row_key& key, const key_differences& which) {
  std::vector<std::string> words;
  if (which.functions && key.functions > 0) {
    words.push_back(count_text(static_cast<double>(key.functions)) + " functions");
  }
  if (which.threads) {
    words.push_back(std::to_string(key.threads) + (key.threads == 1 ? " thread" : " threads"));
  }
  if (which.rate) words.push_back(load_text(key.rate));
  if (which.in_flight && key.in_flight) {
    words.push_back(std::to_string(*key.in_flight) + " in flight");
  }
  if (which.hot && key.hot) {
    words.push_back(count_text(static_cast<double>(*key.hot)) + " hot functions");
  }
  if (which.batch && key.batch) words.push_back("batches of " + std::to_string(*key.batch));
  if (which.store) words.push_back("store " + store_text(key));
  return words;
}

std::string load_text(double rate) {
  return rate > 0 ? "at " + count_text(rate) + "/s" : "closed loop";
}

std::string store_text(const row_key& key) {
  return key.durability == "none" ? key.store : key.store + ", " + key.durability;
}

spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto half = values.size() / 2;
  const double middle =
      values.size() % 2 == 1 ? values[half] : values[half - 1] / 2 + values[half] / 2;
  return {middle, values.front(), values.back()};
}

std::vector<reduced_row> reduce(std::span<const file_row> rows) {
  std::vector<row_key> keys;
  std::vector<std::vector<const file_row*>> runs;
  for (const auto& each : rows) {
    const auto key = key_of(each);
    const auto at = std::find(keys.begin(), keys.end(), key);
    const auto index = static_cast<std::size_t>(at - keys.begin());
    if (at == keys.end()) {
      keys.push_back(key);
      runs.emplace_back();
    }
    runs[index].push_back(&each);
  }
  std::vector<reduced_row> reduced;
  reduced.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) reduced.push_back(reduce_runs(keys[i], runs[i]));
  return reduced;
}

}  // namespace bench
