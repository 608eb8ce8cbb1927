#pragma once

#include "epoch.hpp"
#include "token_pool.hpp"
#include <fsm/concurrency.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace fsm::detail {

/// What is provisioned for one version.
struct version_share {
  std::int64_t count = 0;
  std::int64_t in_use = 0;
};

/// What one function has of its own. It lives on, out of the table, while something runs on it.
struct function_share {
  explicit function_share(std::string_view function) : name{function} {}

  const std::string name;
  std::mutex mutex;  // Guards all that follows.
  std::optional<std::int64_t> reserved;
  std::map<std::string, version_share, std::less<>> versions;
  /// Running, and not on what is provisioned.
  std::int64_t in_use = 0;
  /// Tokens taken from the account's.
  std::int64_t held = 0;

  // With the lock held.
  [[nodiscard]] std::int64_t provisioned() const noexcept;
  /// What it takes from the account, in use or not.
  [[nodiscard]] std::int64_t wanted() const noexcept { return reserved.value_or(provisioned()); }
  /// What runs, or is kept for versions of it.
  [[nodiscard]] std::int64_t taken() const noexcept;
  /// Takes tokens from the account or gives them back, so that it holds what it wants, but for what
  /// still runs.
  void settle(token_pool& account) noexcept;
};

/// The functions that have something of their own. Looked up without a lock; changed by one at a
/// time.
class share_table {
public:
  share_table() = default;
  share_table(const share_table&) = delete;
  share_table& operator=(const share_table&) = delete;
  ~share_table();

  [[nodiscard]] std::shared_ptr<function_share> find(std::string_view name) const noexcept;
  void add(std::shared_ptr<function_share> what);
  void remove(std::string_view name);

private:
  struct link {
    std::uint64_t hash;
    std::shared_ptr<function_share> what;
    std::atomic<link*> next{nullptr};
  };
  static constexpr std::size_t bucket_count = 4096;
  using bucket = std::atomic<link*>;

  const std::unique_ptr<std::array<bucket, bucket_count>> buckets_ =
      std::make_unique<std::array<bucket, bucket_count>>();
  mutable epoch_domain epochs_;
};

struct concurrency_state {
  explicit concurrency_state(std::uint32_t of_account)
      : account{of_account}, tokens{of_account}, unreserved{of_account} {}

  const std::uint32_t account;
  token_pool tokens;
  share_table shares;
  std::mutex mutex;         // Held while settings change. Guards the next one.
  std::int64_t unreserved;  // What no function has of its own.
};

}  // namespace fsm::detail
