#pragma once

#include <fsm/open_enum.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fsm {

/// State of a function, the `State` member of the Lambda API. Ordinary functions are only ever
/// pending, active, inactive or failed; the others belong to functions on managed instances and are
/// kept so that they can be read and repeated. The numbers are stored: never change or reuse one.
enum class state : std::uint8_t {
  none = 0,      ///< There is no such function; absent on the wire.
  pending,       ///< Its resources are being created or restored. Not invokable.
  active,        ///< Its resources are ready. Invokable, also while an update runs.
  inactive,      ///< Its resources were reclaimed after long idleness. An invoke restores it.
  failed,        ///< Its resources could not be created. Not invokable.
  deactivating,  ///< Managed instances: capacity is being withdrawn.
  deactivated,   ///< Managed instances: no capacity.
  active_non_invocable,  ///< Managed instances: ready to be published, not invokable itself.
  deleting,              ///< Managed instances: a delete was accepted and runs.
};

/// Outcome of the last create or update, the `LastUpdateStatus` member of the Lambda API. The
/// numbers are stored: never change or reuse one.
enum class last_update_status : std::uint8_t {
  none = 0,     ///< The function never finished its creation; absent on the wire.
  in_progress,  ///< An update was accepted; invocations still run the previous version.
  successful,   ///< The last update, or the creation, finished.
  failed,       ///< The last update was abandoned; the previous version stays.
};

/// Every value of `state` in the order of its numbers, `none` first.
inline constexpr std::array all_states{
    state::none,     state::pending,      state::active,      state::inactive,
    state::failed,   state::deactivating, state::deactivated, state::active_non_invocable,
    state::deleting,
};

/// Every value of `last_update_status` in the order of its numbers, `none` first.
inline constexpr std::array all_last_update_statuses{
    last_update_status::none,
    last_update_status::in_progress,
    last_update_status::successful,
    last_update_status::failed,
};

namespace detail {

inline constexpr std::array<std::string_view, all_states.size()> state_names{
    "",         "Pending",      "Active",      "Inactive",
    "Failed",   "Deactivating", "Deactivated", "ActiveNonInvocable",
    "Deleting",
};

inline constexpr std::array<std::string_view, all_last_update_statuses.size()>
    last_update_status_names{"", "InProgress", "Successful", "Failed"};

/// The name at the value's own number, "" beyond the end.
template <class E, std::size_t N>
[[nodiscard]] constexpr std::string_view name_in(const std::array<std::string_view, N>& names,
                                                 E value) noexcept {
  const auto index = static_cast<std::size_t>(value);
  return index < N ? names[index] : std::string_view{};
}

/// The value whose name is `text`, nullopt for "" and unknown names.
template <class E, std::size_t N>
[[nodiscard]] constexpr std::optional<E> value_in(const std::array<std::string_view, N>& names,
                                                  std::string_view text) noexcept {
  for (std::size_t index = 1; index < N; ++index) {
    if (names[index] == text) return static_cast<E>(index);
  }
  return std::nullopt;
}

}  // namespace detail

/// The state's name on the wire ("Pending"); "" for `none` and for values without a name.
[[nodiscard]] constexpr std::string_view wire_name(state value) noexcept {
  return detail::name_in(detail::state_names, value);
}

/// The status' name on the wire ("InProgress"); "" for `none` and for values without a name.
[[nodiscard]] constexpr std::string_view wire_name(last_update_status value) noexcept {
  return detail::name_in(detail::last_update_status_names, value);
}

/// The state called `text` on the wire. Case matters; nullopt for "" and unknown names.
[[nodiscard]] constexpr std::optional<state> parse_state(std::string_view text) noexcept {
  return detail::value_in<state>(detail::state_names, text);
}

/// The status called `text` on the wire. Case matters; nullopt for "" and unknown names.
[[nodiscard]] constexpr std::optional<last_update_status> parse_last_update_status(
    std::string_view text) noexcept {
  return detail::value_in<last_update_status>(detail::last_update_status_names, text);
}

/// Wire names of `state`, for `open_enum<state>`.
template <>
struct wire_enum<state> {
  /// As `fsm::wire_name`.
  [[nodiscard]] static constexpr std::string_view wire_name(state value) noexcept {
    return fsm::wire_name(value);
  }
  /// As `parse_state`.
  [[nodiscard]] static constexpr std::optional<state> parse(std::string_view text) noexcept {
    return parse_state(text);
  }
};

/// Wire names of `last_update_status`, for `open_enum<last_update_status>`.
template <>
struct wire_enum<last_update_status> {
  /// As `fsm::wire_name`.
  [[nodiscard]] static constexpr std::string_view wire_name(last_update_status value) noexcept {
    return fsm::wire_name(value);
  }
  /// As `parse_last_update_status`.
  [[nodiscard]] static constexpr std::optional<last_update_status> parse(
      std::string_view text) noexcept {
    return parse_last_update_status(text);
  }
};

}  // namespace fsm
