#include "distributions.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace bench {

// The idea: the bar of rank k, from k - 1/2 to k + 1/2 and as high as its weight, is not larger
// than the area below the curve of weights there, as that is convex. A point of the whole area is
// found by inverting its integral; it counts when it falls into a part of its rank's area that is
// as large as the bar. Weights are relative to that of the first rank.

zipf_distribution::zipf_distribution(std::uint64_t n, double exponent, double offset)
    : n_{n},
      exponent_{exponent},
      offset_{offset},
      area_begin_{area(1.5) - 1},  // The first rank gets exactly its weight: it is never rejected.
      area_end_{area(static_cast<double>(n) + 0.5)},
      squeeze_{2 - inverse_area(area(2.5) - weight(2))} {}

double zipf_distribution::weight(double x) const noexcept {
  return std::exp(-exponent_ * std::log((x + offset_) / (1 + offset_)));
}

/// The integral of the weights from 1 on.
double zipf_distribution::area(double x) const noexcept {
  const double slope = 1 - exponent_;
  const double logarithm = std::log((x + offset_) / (1 + offset_));
  const double t = slope * logarithm;
  // The quotient has no digits left near exponent 1.
  return (1 + offset_) * (std::abs(t) < 1e-8 ? logarithm * (1 + t / 2) : std::expm1(t) / slope);
}

double zipf_distribution::inverse_area(double area) const noexcept {
  const double slope = 1 - exponent_;
  const double u = area / (1 + offset_);
  const double t = std::max(u * slope, -1.0);  // Rounding may take it beyond.
  // The plain logarithm is the fastest by far, and exact enough unless the slope is next to
  // nothing.
  const double logarithm = std::abs(slope) > 1e-3 ? std::log(1 + t) / slope
                           : std::abs(t) < 1e-8   ? u * (1 - t / 2)
                                                  : std::log1p(t) / slope;
  return (1 + offset_) * std::exp(logarithm) - offset_;
}

std::uint64_t zipf_distribution::operator()(random_numbers& random) const noexcept {
  for (;;) {
    const double u = area_end_ + uniform(random) * (area_begin_ - area_end_);
    const double x = inverse_area(u);
    const double k = std::clamp(std::floor(x + 0.5), 1.0, static_cast<double>(n_));
    // Near enough to the upper end of its rectangle for every rank: no need to compute.
    if (k - x <= squeeze_ || u >= area(k + 0.5) - weight(k)) return static_cast<std::uint64_t>(k);
  }
}

alias_table::alias_table(std::span<const double> weights) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<std::size_t> small;
  std::vector<std::size_t> large;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double share = weights[i] / sum * static_cast<double>(weights.size());
    columns_.push_back({share, i});
    (share < 1 ? small : large).push_back(i);
  }
  while (!small.empty() && !large.empty()) {
    const auto needy = small.back();
    const auto donor = large.back();
    small.pop_back();
    columns_[needy].other = donor;
    columns_[donor].own_share -= 1 - columns_[needy].own_share;
    if (columns_[donor].own_share >= 1) continue;
    large.pop_back();
    small.push_back(donor);
  }
  // What is left has a share of 1 but for rounding.
  for (const auto i : small) columns_[i].own_share = 1;
  for (const auto i : large) columns_[i].own_share = 1;
}

std::size_t alias_table::operator()(random_numbers& random) const noexcept {
  const double place = uniform(random) * static_cast<double>(columns_.size());
  const auto i = std::min(static_cast<std::size_t>(place), columns_.size() - 1);
  return place - static_cast<double>(i) < columns_[i].own_share ? i : columns_[i].other;
}

idle_times::idle_times(const idle_time_shape& shape, std::uint64_t seed)
    : shape_{shape}, seed_{seed} {
  const double ratio = shape.max_seconds / shape.min_seconds;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const double power = static_cast<double>(i) / static_cast<double>(steps_.size() - 1);
    steps_[i] = std::chrono::ceil<fsm::duration>(
        std::chrono::duration<double>(shape.min_seconds * std::pow(ratio, power)));
  }
}

fsm::duration idle_times::of(std::uint64_t function) const noexcept {
  random_numbers random{seed_, function};
  const double seconds = std::clamp(draw(random), shape_.min_seconds, shape_.max_seconds);
  if (shape_.max_seconds <= shape_.min_seconds) return steps_[0];
  const double place = std::log(seconds / shape_.min_seconds) /
                       std::log(shape_.max_seconds / shape_.min_seconds) *
                       static_cast<double>(steps_.size() - 1);
  return steps_[std::min(static_cast<std::size_t>(std::lround(place)), steps_.size() - 1)];
}

double idle_times::draw(random_numbers& random) const noexcept {
  const double first = 1 - uniform(random);  // Above 0.
  if (shape_.distribution == idle_distribution::pareto)
    return shape_.min_seconds * std::pow(first, -1 / shape_.alpha);
  // Box and Muller's way to a normal variate.
  const double normal =
      std::sqrt(-2 * std::log(first)) * std::cos(2 * std::numbers::pi * uniform(random));
  return shape_.median_seconds * std::exp(shape_.sigma * normal);
}

}  // namespace bench
