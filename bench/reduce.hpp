#pragma once

#include "result_file.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bench {

/// What must be equal for two rows to be the same measurement.
struct row_key {
  std::string scenario;
  std::uint64_t functions = 0;
  std::uint64_t threads = 0;
  std::string store;
  std::string durability;
  double rate = 0;
  std::optional<std::uint64_t> in_flight;
  std::optional<std::uint64_t> hot;
  std::optional<std::uint64_t> batch;

  friend bool operator==(const row_key&, const row_key&) = default;
};
[[nodiscard]] row_key key_of(const file_row& row);

/// Which parts of their keys tell rows apart, beside the scenario.
struct key_differences {
  bool functions = false;
  bool threads = false;
  bool store = false;
  bool rate = false;
  bool in_flight = false;
  bool hot = false;
  bool batch = false;
};
[[nodiscard]] key_differences differences(std::span<const row_key> keys);
/// Those parts in words: "1 M functions", "4 threads", "at 5 k/s".
[[nodiscard]] std::vector<std::string> words_for(const row_key& key, const key_differences& which);
/// "closed loop", or "at 5 k/s".
[[nodiscard]] std::string load_text(double rate);
/// "none", or "rocksdb, sync".
[[nodiscard]] std::string store_text(const row_key& key);

/// Several runs' values: the middle one (of an even number: the mean of the two in the middle) and
/// how far they lie apart.
struct spread {
  double median = 0;
  double lowest = 0;
  double highest = 0;

  /// Whether the two ranges have a value in common.
  [[nodiscard]] bool overlaps(const spread& other) const {
    return lowest <= other.highest && other.lowest <= highest;
  }
};
/// `values` must not be empty.
[[nodiscard]] spread spread_of(std::vector<double> values);

/// All runs of one measurement, as one row: medians.
struct reduced_row {
  row_key key;
  std::size_t runs = 0;
  spread ops_per_second;
  latencies latency_us;
  double bytes_per_function = 0;
  double seconds = 0;
};
/// In the order in which the keys first appear.
[[nodiscard]] std::vector<reduced_row> reduce(std::span<const file_row> rows);

}  // namespace bench
