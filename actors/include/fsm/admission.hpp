#pragma once

#include <fsm/provider.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace fsm {

namespace detail {
class function_pool;
struct core;
}  // namespace detail

/// The right to run one invocation, given by `runtime::admit`. While it is held its function does
/// not become Inactive and the resources it names are not released. Give it back by letting it go;
/// it may outlive the function and the runtime. Movable, any thread.
class [[nodiscard]] admission {
public:
  admission() = default;
  admission(admission&& other) noexcept;
  admission& operator=(admission&& other) noexcept;
  /// Completes the invocation, if that has not been done: one atomic operation and the idle clock
  /// starts anew.
  ~admission();

  /// Completes the invocation now. Later calls do nothing.
  void complete() noexcept;

  /// The version to run: the previous one while an update is in progress.
  [[nodiscard]] std::uint32_t version() const noexcept { return version_; }
  /// The attempt whose resources are to be used.
  [[nodiscard]] attempt_token resource() const noexcept { return {uid_, held_}; }

private:
  friend struct detail::core;
  friend class runtime;
  detail::function_pool* pool_ = nullptr;
  std::uint64_t uid_ = 0;
  std::uint32_t slot_ = 0;
  std::uint32_t generation_ = 0;
  std::uint32_t version_ = 0;
  std::uint32_t held_ = 0;
};

}  // namespace fsm
