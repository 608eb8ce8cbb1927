#pragma once

#include <fsm/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// The calls a mix is made of.
enum class call_kind : std::uint8_t { invoke, get, update, list, create, remove };
inline constexpr std::array<std::string_view, 6> call_kind_names{"invoke", "get",    "update",
                                                                 "list",   "create", "delete"};

/// Whether such a call must not be answered in this way: neither does the lifecycle demand it in
/// some situation that a mix leads to, nor is it `too_many_requests`, which any call may get.
[[nodiscard]] bool is_failure(call_kind kind, fsm::errc why) noexcept;

/// How many calls of each kind were answered in which way. One per thread.
class call_tally {
public:
  /// `errc::none` = accepted.
  void add(call_kind kind, fsm::errc how) noexcept { ++counts_[at(kind)][at(how)]; }
  void merge(const call_tally& other) noexcept;

  [[nodiscard]] std::uint64_t count(call_kind kind, fsm::errc how) const noexcept {
    return counts_[at(kind)][at(how)];
  }
  [[nodiscard]] std::uint64_t total(call_kind kind) const noexcept;
  [[nodiscard]] std::uint64_t total() const noexcept;
  /// The share of calls that were answered with `too_many_requests`.
  [[nodiscard]] double throttled() const noexcept;

  /// One line per kind: its share, and how it was answered.
  [[nodiscard]] std::vector<std::string> to_lines() const;
  /// {"invoke": {"accepted": 1, "not_found": 2}, ...}; what did not occur is left out, except for
  /// `accepted`.
  [[nodiscard]] std::string to_json() const;

private:
  static constexpr std::size_t kinds = call_kind_names.size();
  static constexpr std::size_t answers = static_cast<std::size_t>(fsm::errc::internal) + 1;

  template <class Enum>
  [[nodiscard]] static constexpr std::size_t at(Enum which) noexcept {
    return static_cast<std::size_t>(which);
  }

  std::array<std::array<std::uint64_t, answers>, kinds> counts_{};
};

}  // namespace bench
