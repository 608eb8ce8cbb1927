#include "names.hpp"

#include "random.hpp"

#include <algorithm>
#include <bit>

namespace bench {
namespace {

constexpr std::string_view prefix = "function-";

std::size_t digits_for(std::uint64_t count) {
  return std::max<std::size_t>(7, std::to_string(count - 1).size());
}

}  // namespace

name_list::name_list(std::uint64_t count)
    : count_{count}, width_{prefix.size() + digits_for(count)} {
  text_.resize(count * width_);
  for (std::uint64_t i = 0; i < count; ++i) {
    char* const begin = text_.data() + i * width_;
    std::copy(prefix.begin(), prefix.end(), begin);
    auto rest = i;
    for (char* digit = begin + width_; digit != begin + prefix.size(); rest /= 10) {
      *--digit = static_cast<char>('0' + rest % 10);
    }
  }
}

std::uint64_t name_list::index_of(std::string_view name) noexcept {
  std::uint64_t index = 0;
  for (const char digit : name.substr(prefix.size())) {
    index = index * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return index;
}

name_stream::name_stream(const name_list& names, std::uint64_t seed, std::uint64_t hot)
    : width_{names[0].size()} {
  constexpr std::uint64_t shortest = 1U << 16;
  constexpr std::uint64_t longest = 1U << 22;
  const auto turns = std::clamp(std::bit_ceil(names.size() * 4), shortest, longest);
  mask_ = turns - 1;
  drawn_.reserve(turns * width_);
  random_numbers random{seed};
  const drawn_set drawn{names.size(), hot};
  for (std::uint64_t i = 0; i < turns; ++i) drawn_ += names[drawn[random.below(drawn.size())]];
}

}  // namespace bench
