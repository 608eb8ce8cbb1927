#pragma once

#include <fsm/observer.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace platform {

/// Wakes those who read the transitions of a runtime as they come. It keeps none of them: whoever
/// is woken reads from `fsm::runtime::events` where it was, and so misses nothing and bounds its
/// own memory. Any thread.
class feed final : public fsm::observer {
public:
  static constexpr std::size_t readers_max = 256;

  /// `last`: the sequence of the last transition so far.
  explicit feed(std::uint64_t last = 0) : last_{last} {}

  /// The sequence of the last transition.
  [[nodiscard]] std::uint64_t last() const;

  /// Calls `wake` once, when there is a transition after `sequence`: perhaps inside this call, else
  /// on the runtime's thread, where it must return at once. The ticket takes it back.
  [[nodiscard]] std::uint64_t wake_after(std::uint64_t sequence, std::function<void()> wake);
  void forget(std::uint64_t ticket);

  /// A place among the readers, until it is destroyed; nothing when there are too many.
  class place {
  public:
    explicit place(feed& of) noexcept : of_{of} {}
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place();

  private:
    feed& of_;
  };
  [[nodiscard]] std::unique_ptr<place> take_place();

  void on_transition(const fsm::transition& what) override;

private:
  mutable std::mutex mutex_;
  std::uint64_t last_;
  std::uint64_t last_ticket_ = 0;
  std::size_t readers_ = 0;
  std::unordered_map<std::uint64_t, std::function<void()>> waiting_;
};

}  // namespace platform
