#pragma once

#include <fsm/expected.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace fsm {

namespace detail {
struct concurrency_state;
struct function_share;
struct version_share;
}  // namespace detail

/// The limit that refuses an invocation.
enum class concurrency_refusal : std::uint8_t {
  account,   ///< Everything that is not reserved is in use.
  reserved,  ///< The function's own reservation is in use.
};

/// One invocation that counts. Counts until it is let go. The limiter must outlive it. Movable, any
/// thread.
class [[nodiscard]] concurrency_permit {
public:
  concurrency_permit() = default;
  concurrency_permit(concurrency_permit&& other) noexcept
      : limiter_{std::exchange(other.limiter_, nullptr)},
        share_{std::move(other.share_)},
        version_{other.version_} {}
  concurrency_permit& operator=(concurrency_permit&& other) noexcept;
  ~concurrency_permit() { release(); }

  /// Lets go now. Later calls do nothing.
  void release() noexcept;

  /// Whether it counts against what is provisioned for its version.
  [[nodiscard]] bool is_provisioned() const noexcept { return version_ != nullptr; }

private:
  friend class concurrency_limiter;
  concurrency_permit(detail::concurrency_state& limiter,
                     std::shared_ptr<detail::function_share> share,
                     detail::version_share* version) noexcept
      : limiter_{&limiter}, share_{std::move(share)}, version_{version} {}

  detail::concurrency_state* limiter_ = nullptr;
  std::shared_ptr<detail::function_share> share_;  // Null = of what everybody shares.
  detail::version_share* version_ = nullptr;
};

/// Says how many invocations may run at once: an account has so many, a function may have some of
/// them reserved, for all its versions together, and a version may have some provisioned. What is
/// reserved or provisioned is taken from the rest, which all other functions share, whether it is
/// in use or not. An invocation takes what is provisioned for its version first, then what its
/// function has reserved, and only without a reservation from the rest.
///
/// A function that has nothing of its own costs no lock and no cache line that others write, unless
/// the rest is nearly used up. No limit is ever exceeded, but for one case: what already runs goes
/// on when a limit is lowered or a reservation made, and counts where it began.
///
/// All calls are thread-safe.
class concurrency_limiter {
public:
  /// What must be left to functions without a reservation.
  static constexpr std::uint32_t unreserved_min = 100;
  static constexpr std::uint32_t account_default = 1000;

  explicit concurrency_limiter(std::uint32_t account = account_default);
  concurrency_limiter(const concurrency_limiter&) = delete;
  concurrency_limiter& operator=(const concurrency_limiter&) = delete;
  /// All permits must have been let go.
  ~concurrency_limiter();

  /// One invocation of a version of a function ("$LATEST" or a number). Refused only when there was
  /// nothing left; one that is given back at the same moment may be missed.
  [[nodiscard]] tl::expected<concurrency_permit, concurrency_refusal> acquire(
      std::string_view function, std::string_view version);

  /// Reserves so many for a function, 0 = it may not run at all; nothing = no reservation.
  /// `invalid_argument` when fewer than `unreserved_min` would be left; then nothing is changed.
  [[nodiscard]] expected<void> set_reserved(std::string_view function,
                                            std::optional<std::uint32_t> count);
  /// Provides so many for one version of a function, 0 = none. Those of a function with a
  /// reservation are part of it. `invalid_argument` when fewer than `unreserved_min` would be left,
  /// or when the function has less reserved; then nothing is changed.
  [[nodiscard]] expected<void> set_provisioned(std::string_view function, std::string_view version,
                                               std::uint32_t count);
  /// Takes back all that a function has of its own.
  void forget(std::string_view function);

  [[nodiscard]] std::optional<std::uint32_t> reserved(std::string_view function) const;
  [[nodiscard]] std::uint32_t provisioned(std::string_view function,
                                          std::string_view version) const;
  /// Of all versions of the function.
  [[nodiscard]] std::uint32_t provisioned(std::string_view function) const;
  /// Whether `set_reserved` would be accepted now.
  [[nodiscard]] bool fits(std::string_view function, std::uint32_t reserved) const;

  /// How many the account has.
  [[nodiscard]] std::uint32_t account() const noexcept;
  /// How many of them are neither reserved nor provisioned.
  [[nodiscard]] std::uint32_t unreserved() const;
  /// How many of these are not in use; approximate while invocations come and go.
  [[nodiscard]] std::uint32_t unreserved_free() const;

private:
  const std::unique_ptr<detail::concurrency_state> state_;
};

}  // namespace fsm
