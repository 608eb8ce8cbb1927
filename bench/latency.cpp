#include "latency.hpp"

#include <boost/histogram.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace bench {
namespace {

namespace bh = boost::histogram;

using log_axis = bh::axis::regular<double, bh::axis::transform::log>;
using histogram =
    decltype(bh::make_histogram_with(std::vector<std::uint64_t>{}, std::declval<log_axis>()));

constexpr double bins_begin_ns = 1e-2;
constexpr double bins_end_ns = 1e11;
constexpr unsigned bins = 13 * 100;

histogram make_bins() {
  return bh::make_histogram_with(std::vector<std::uint64_t>{},
                                 log_axis{bins, bins_begin_ns, bins_end_ns});
}

}  // namespace

struct latency_histogram::impl {
  histogram bins = make_bins();
  std::uint64_t count = 0;
  double shortest_ns = std::numeric_limits<double>::max();
  double longest_ns = 0;
};

latency_histogram::latency_histogram() : impl_{std::make_unique<impl>()} {}
latency_histogram::latency_histogram(latency_histogram&&) noexcept = default;
latency_histogram& latency_histogram::operator=(latency_histogram&&) noexcept = default;
latency_histogram::~latency_histogram() = default;

void latency_histogram::add(nanoseconds took, std::uint64_t operations) {
  if (operations == 0) return;
  const double value = std::max(took.count(), bins_begin_ns);
  impl_->bins(value, bh::weight(operations));
  impl_->count += operations;
  impl_->shortest_ns = std::min(impl_->shortest_ns, value);
  impl_->longest_ns = std::max(impl_->longest_ns, value);
}

void latency_histogram::merge(const latency_histogram& other) {
  impl_->bins += other.impl_->bins;
  impl_->count += other.impl_->count;
  impl_->shortest_ns = std::min(impl_->shortest_ns, other.impl_->shortest_ns);
  impl_->longest_ns = std::max(impl_->longest_ns, other.impl_->longest_ns);
}

std::uint64_t latency_histogram::count() const { return impl_->count; }

double latency_histogram::quantile_us(double q) const {
  if (impl_->count == 0) return 0;
  const auto rank = std::max(1.0, std::ceil(q * static_cast<double>(impl_->count)));
  double seen = 0;
  for (auto&& bin : bh::indexed(impl_->bins, bh::coverage::all)) {
    seen += static_cast<double>(*bin);
    if (seen < rank) continue;
    // The middle of the bin, which may lie outside of what was seen.
    const double middle = std::sqrt(bin.bin().lower() * bin.bin().upper());
    return std::clamp(middle, impl_->shortest_ns, impl_->longest_ns) / 1e3;
  }
  return max_us();
}

double latency_histogram::max_us() const { return impl_->longest_ns / 1e3; }

}  // namespace bench
