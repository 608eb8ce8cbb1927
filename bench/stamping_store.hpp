#pragma once

#include "forwarding_store.hpp"
#include "latency.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

namespace bench {

/// A store that notes when each function came back from a restore: the moment of the transition
/// itself, on the thread that made it. Two stores of a word per transition.
class stamping_store final : public forwarding_store {
public:
  using forwarding_store::forwarding_store;

  void prepare(fsm::change& what) override;
  /// When the function last came back; nothing if that has been written over since, by one of the
  /// next hundred thousand. Any thread.
  [[nodiscard]] std::optional<time_point> stamp_of(std::uint64_t uid) const noexcept;

private:
  struct stamp {
    std::atomic<std::uint64_t> uid{0};
    std::atomic<clock::rep> when{0};
  };
  static constexpr std::size_t room = std::size_t{1} << 17;

  std::unique_ptr<std::array<stamp, room>> stamps_ = std::make_unique<std::array<stamp, room>>();
};

}  // namespace bench
