#pragma once

#include <fsm/provider.hpp>

#include <cstdint>
#include <utility>

namespace fsm {

namespace detail {
class function_pool;
struct hot_line;

/// What an invocation was admitted to.
struct admission_grant {
  std::uint32_t generation = 0;
  std::uint32_t version = 0;
  std::uint32_t held = 0;
};
}  // namespace detail

/// The right to run one invocation, given by `runtime::admit`. While it is held its function does
/// not become Inactive and the resources it names are not released. Give it back by letting it go;
/// it may outlive the function and the runtime. Movable, any thread.
class [[nodiscard]] admission {
public:
  admission() = default;
  admission(admission&& other) noexcept
      : pool_{std::exchange(other.pool_, nullptr)},
        line_{other.line_},
        uid_{other.uid_},
        to_{other.to_} {}
  admission& operator=(admission&& other) noexcept;
  /// Completes the invocation, if that has not been done: one atomic operation and the idle clock
  /// starts anew.
  ~admission() {
    if (pool_ != nullptr) complete();
  }

  /// Completes the invocation now. Later calls do nothing.
  void complete() noexcept;

  /// The version to run: the previous one while an update is in progress.
  [[nodiscard]] std::uint32_t version() const noexcept { return to_.version; }
  /// The attempt whose resources are to be used.
  [[nodiscard]] attempt_token resource() const noexcept { return {uid_, to_.held}; }

private:
  friend class runtime;
  admission(detail::function_pool& pool, detail::hot_line& line,
            const detail::admission_grant& to) noexcept;

  detail::function_pool* pool_ = nullptr;
  detail::hot_line* line_ = nullptr;
  std::uint64_t uid_ = 0;
  detail::admission_grant to_;
};

}  // namespace fsm
