#include "names.hpp"

#include "function_name.hpp"
#include "random.hpp"

#include <algorithm>
#include <bit>

namespace bench {

name_list::name_list(std::uint64_t count)
    : count_{count}, width_{std::string_view{function_name{0, count}}.size()} {
  text_.reserve(count * width_);
  for (std::uint64_t i = 0; i < count; ++i) text_ += function_name{i, count};
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
