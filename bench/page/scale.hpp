#pragma once

#include <cstddef>
#include <vector>

namespace bench {

/// One axis of a chart: where values are, from 0 (its begin) to 1 (its end), and which of them get
/// a label. Begin and end are round numbers around what is to be shown.
class scale {
public:
  /// From 0 to at least `highest`, with about `ticks` labels.
  static scale linear(double highest, std::size_t ticks = 5);
  /// From at most `lowest` to at least `highest`, logarithmic, with at most `ticks` labels. What is
  /// not above 0 is left out of the range and lies at its begin.
  static scale logarithmic(double lowest, double highest, std::size_t ticks = 5);

  [[nodiscard]] double at(double value) const noexcept;
  [[nodiscard]] const std::vector<double>& ticks() const noexcept { return ticks_; }
  [[nodiscard]] bool is_logarithmic() const noexcept { return logarithmic_; }

private:
  scale(double begin, double end, bool logarithmic, std::vector<double> ticks);

  double begin_;
  double end_;
  bool logarithmic_;
  std::vector<double> ticks_;
};

}  // namespace bench
