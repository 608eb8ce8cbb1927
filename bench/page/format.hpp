#pragma once

#include <string>

namespace bench {

/// Three significant digits with a unit's prefix, for people: 7356878 as "7.36 M", 532 as "532".
/// What is above 1e300 counts as 1e300, here and below. Zero and what is not a number are "0".
[[nodiscard]] std::string with_prefix(double value);
/// The same for whole numbers of things, without needless zeros: 1000000 as "1 M", 1250 as "1.25
/// k".
[[nodiscard]] std::string count_text(double value);
/// 7356878 as "7.36 M/s".
[[nodiscard]] std::string rate_text(double per_second);
/// 0.38 as "380 ns", 1884 as "1.88 ms".
[[nodiscard]] std::string duration_text(double microseconds);
/// The same for the ticks of an axis, without needless zeros: "1 µs".
[[nodiscard]] std::string round_duration_text(double microseconds);
/// 232.4 as "232 B", 1192 as "1,192 B".
[[nodiscard]] std::string bytes_text(double bytes);
/// Three significant digits, no unit: 2.93, 0.335, 12.4.
[[nodiscard]] std::string ratio_text(double ratio);

}  // namespace bench
