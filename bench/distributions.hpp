#pragma once

#include "described_population.hpp"
#include "random.hpp"
#include <fsm/time.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace bench {

/// Uniform in [0, 1), in steps of 2^-53.
[[nodiscard]] inline double uniform(random_numbers& random) noexcept {
  return static_cast<double>(random.next() >> 11) * 0x1p-53;
}

/// Ranks from 1 to n, rank k in proportion to (k + offset)^-exponent: Zipf's law, with an offset
/// above 0 the form Mandelbrot gave it, whose first ranks are closer together. Rejection-inversion
/// (W. Hoermann, G. Derflinger, "Rejection-inversion to generate variates from monotone discrete
/// distributions", ACM TOMACS 6(3), 1996). Exact, without a table, in constant time: a logarithm
/// and an exponential per draw, and rarely two more.
class zipf_distribution {
public:
  /// `n` at least 1; `exponent` (0 = uniform) and `offset` at least 0.
  zipf_distribution(std::uint64_t n, double exponent, double offset = 0);
  [[nodiscard]] std::uint64_t operator()(random_numbers& random) const noexcept;

private:
  [[nodiscard]] double weight(double x) const noexcept;
  [[nodiscard]] double area(double x) const noexcept;
  [[nodiscard]] double inverse_area(double area) const noexcept;

  std::uint64_t n_;
  double exponent_;
  double offset_;
  double area_begin_;
  double area_end_;
  double squeeze_;
};

/// Indices in proportion to their weights, in constant time: an alias table (A. J. Walker 1977),
/// built as in M. D. Vose, "A linear algorithm for generating random numbers with a given
/// distribution", IEEE TSE 17(9), 1991.
class alias_table {
public:
  /// At least one weight, none negative, not all 0.
  explicit alias_table(std::span<const double> weights);
  [[nodiscard]] std::size_t operator()(random_numbers& random) const noexcept;

private:
  struct column {
    double own_share;
    std::size_t other;
  };
  std::vector<column> columns_;
};

/// Each function's own idle time: a function of seed and index, so that nothing has to be kept, on
/// one of 128 steps, as a runtime knows at most 255 different ones.
class idle_times {
public:
  idle_times(const idle_time_shape& shape, std::uint64_t seed);
  [[nodiscard]] fsm::duration of(std::uint64_t function) const noexcept;

private:
  [[nodiscard]] double draw(random_numbers& random) const noexcept;

  idle_time_shape shape_;
  std::uint64_t seed_;
  std::array<fsm::duration, 128> steps_;
};

}  // namespace bench
