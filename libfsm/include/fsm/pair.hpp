#pragma once

#include <fsm/state.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace fsm {

/// The situation of a function: its State together with its LastUpdateStatus.
struct pair {
  fsm::state state = fsm::state::none;
  last_update_status update_status = last_update_status::none;

  friend constexpr bool operator==(const pair&, const pair&) = default;
};

/// The situations a function can be in, by the names the lifecycle table uses.
namespace pairs {
inline constexpr pair absent{state::none, last_update_status::none};
inline constexpr pair creating{state::pending, last_update_status::none};
inline constexpr pair ready{state::active, last_update_status::successful};
inline constexpr pair updating{state::active, last_update_status::in_progress};
inline constexpr pair update_failed{state::active, last_update_status::failed};
inline constexpr pair broken{state::failed, last_update_status::none};
inline constexpr pair idle{state::inactive, last_update_status::successful};
inline constexpr pair restoring{state::pending, last_update_status::successful};
inline constexpr pair idle_updating{state::inactive, last_update_status::in_progress};
inline constexpr pair idle_update_failed{state::inactive, last_update_status::failed};
inline constexpr pair restoring_update_failed{state::pending, last_update_status::failed};
}  // namespace pairs

/// Every legal situation, `absent` (no such function) first. The position in this list is the
/// pair's index.
inline constexpr std::array legal_pairs{
    pairs::absent,
    pairs::creating,
    pairs::ready,
    pairs::updating,
    pairs::update_failed,
    pairs::broken,
    pairs::idle,
    pairs::restoring,
    pairs::idle_updating,
    pairs::idle_update_failed,
    pairs::restoring_update_failed,
};

/// What `index_of` gives for a pair that ordinary functions never reach.
inline constexpr std::size_t illegal_pair = legal_pairs.size();

namespace detail {
inline constexpr auto pair_indices = [] {
  std::array<std::uint8_t, 64> indices{};
  indices.fill(static_cast<std::uint8_t>(illegal_pair));
  for (std::size_t i = 0; i < legal_pairs.size(); ++i) {
    indices[static_cast<std::size_t>(legal_pairs[i].state) * 4 +
            static_cast<std::size_t>(legal_pairs[i].update_status)] = static_cast<std::uint8_t>(i);
  }
  return indices;
}();
}  // namespace detail

/// The position of `which` in `legal_pairs`, or `illegal_pair`.
[[nodiscard]] constexpr std::size_t index_of(pair which) noexcept {
  if (which.update_status > last_update_status::failed) return illegal_pair;
  const auto key =
      static_cast<std::size_t>(which.state) * 4 + static_cast<std::size_t>(which.update_status);
  return key < detail::pair_indices.size() ? detail::pair_indices[key] : illegal_pair;
}

}  // namespace fsm
