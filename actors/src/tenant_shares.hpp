#pragma once

#include "lazy_array.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace fsm::detail {

/// A tenant's number among `core::tenants`.
using tenant_index = std::uint16_t;
inline constexpr std::size_t tenants_max = 65'535;

/// The rule by which tenants share what is bounded: `options::tenant_share`. One tenant alone may
/// have everything; from the second one on, whoever has more than `share` times what is free gets
/// nothing more. So a storm of one tenant's ends while there is still room for the others, however
/// many of them storm, and nobody has to say how many tenants there will be. Thread-safe.
class sharing_rule {
public:
  /// 0 = everybody may have everything.
  explicit sharing_rule(std::uint32_t share) noexcept : share_{share} {}

  /// There is, or was, a function of this tenant's.
  void meet(tenant_index tenant) noexcept {
    if (is_known(tenant) || known_[tenant].exchange(true, std::memory_order_relaxed)) return;
    count_.fetch_add(1, std::memory_order_relaxed);
  }
  [[nodiscard]] bool is_in_force() const noexcept {
    return share_ != 0 && count_.load(std::memory_order_relaxed) > 1;
  }
  /// How much of what is shared one tenant may have while so much is free.
  [[nodiscard]] std::size_t most(std::size_t free) const noexcept {
    return is_in_force() && free < unlimited / share_ ? share_ * free : unlimited;
  }

private:
  static constexpr std::size_t unlimited = ~std::size_t{0};
  [[nodiscard]] bool is_known(tenant_index tenant) const noexcept {
    return known_[tenant].load(std::memory_order_relaxed);
  }

  std::uint32_t share_;
  std::atomic<std::uint32_t> count_{0};
  lazy_array<std::atomic<bool>> known_{tenants_max};
};

/// A number of places that tenants share by the rule. Places may be taken beyond it: who asks for
/// room first keeps to it. Thread-safe; exact when nobody takes or gives.
class shared_places {
public:
  shared_places(std::size_t places, const sharing_rule& rule) : places_{places}, rule_{rule} {}

  void take(tenant_index tenant) noexcept {
    taken_.fetch_add(1, std::memory_order_relaxed);
    by_tenant_[tenant].fetch_add(1, std::memory_order_relaxed);
  }
  void give_back(tenant_index tenant) noexcept {
    by_tenant_[tenant].fetch_sub(1, std::memory_order_relaxed);
    taken_.fetch_sub(1, std::memory_order_relaxed);
  }
  [[nodiscard]] std::size_t taken() const noexcept {
    return taken_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::size_t taken_by(tenant_index tenant) const noexcept {
    return by_tenant_[tenant].load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::size_t free() const noexcept {
    const std::size_t now = taken();
    return now < places_ ? places_ - now : 0;
  }
  /// True if this tenant may have one more, as far as its share is concerned.
  [[nodiscard]] bool is_within_share(tenant_index tenant) const noexcept {
    return !rule_.is_in_force() || taken_by(tenant) < rule_.most(free());
  }

private:
  std::size_t places_;
  const sharing_rule& rule_;
  std::atomic<std::size_t> taken_{0};
  lazy_array<std::atomic<std::uint32_t>> by_tenant_{tenants_max};
};

}  // namespace fsm::detail
