#pragma once

#include "invoke/event_queue.hpp"
#include "wire/attributes.hpp"
#include <fsm/observer.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>

namespace platform::wire {

/// What of all functions has to be at hand without waiting: how many published versions there are,
/// and how events are tried. Any thread.
class account_book final : public fsm::observer {
public:
  /// Counts versions as they come and go.
  void on_transition(const fsm::transition& what) override;
  /// Some that were there before.
  void add_versions(std::uint64_t more) noexcept { versions_ += more; }
  [[nodiscard]] std::uint64_t versions() const noexcept { return versions_; }

  /// Takes a function's settings for events, instead of those it had.
  void set_events(const attributes& of);
  void forget_events(const std::string& function);
  /// The settings for events that were sent to a function under this qualifier ("" = `$LATEST`);
  /// defaults for what nobody has set.
  [[nodiscard]] invoke::event_settings events_of(const std::string& function,
                                                 const std::string& qualifier) const;

private:
  using by_qualifier = std::map<std::string, invoke::event_settings>;

  std::atomic<std::uint64_t> versions_ = 0;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, by_qualifier> events_;
};

/// Where an EventInvokeConfig is kept among a function's attributes, and its members.
namespace event_members {
inline constexpr const char* setting = "EventInvokeConfig";
inline constexpr const char* retries = "MaximumRetryAttempts";
inline constexpr const char* age = "MaximumEventAgeInSeconds";
}  // namespace event_members

}  // namespace platform::wire
