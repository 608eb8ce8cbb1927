#include "latency.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace platform {

// Spans below `steps` have a bucket each; beyond it a bucket is a 16th of a power of two wide.
std::size_t latency_window::bucket_of(std::int64_t span) noexcept {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(span, 0));
  if (value < steps) return value;
  const auto power = static_cast<std::size_t>(std::bit_width(value)) - 5;  // steps = 2^4
  return std::min(steps * (power + 1) + (value >> power) % steps, buckets - 1);
}

double latency_window::middle_of(std::size_t bucket) noexcept {
  if (bucket < steps) return static_cast<double>(bucket);
  const auto power = static_cast<int>(bucket / steps) - 1;
  const auto low = std::ldexp(static_cast<double>(steps + bucket % steps), power);
  return low + (std::ldexp(1.0, power) - 1) / 2;
}

void latency_window::turn(time_point now) {
  if (now - turned_ < half) return;
  const bool all = now - turned_ >= 2 * half;
  halves_[1] = all ? histogram{} : halves_[0];
  halves_[0] = {};
  turned_ = all ? now : turned_ + half;
}

void latency_window::add(milliseconds span, time_point now) {
  turn(now);
  auto& into = halves_[0];
  ++into.counts[bucket_of(span.count())];
  ++into.count;
  into.max = std::max(into.max, static_cast<std::int64_t>(span.count()));
}

latency_window::quantiles latency_window::read(time_point now) {
  turn(now);
  quantiles result;
  result.count = halves_[0].count + halves_[1].count;
  result.max = static_cast<double>(std::max(halves_[0].max, halves_[1].max));
  const auto at = [&](double share) {
    const auto rank =
        static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(result.count)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets; ++i) {
      seen += halves_[0].counts[i] + halves_[1].counts[i];
      if (seen >= rank) return std::min(middle_of(i), result.max);
    }
    return result.max;
  };
  if (result.count == 0) return result;
  result.p50 = at(0.5);
  result.p90 = at(0.9);
  result.p99 = at(0.99);
  return result;
}

}  // namespace platform
