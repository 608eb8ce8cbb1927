#pragma once

#include "invoke/event.hpp"
#include "invoke/event_store.hpp"
#include "invoke/invoker.hpp"
#include "invoke/resolve.hpp"
#include <fsm/clock.hpp>
#include <fsm/concurrency.hpp>
#include <fsm/expected.hpp>

#include <spdlog/logger.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>

namespace platform::invoke {

/// How long an event is tried.
struct event_settings {
  fsm::duration age_max = std::chrono::hours{6};
  /// How often it runs again after the function has failed.
  std::uint32_t retries_max = 2;
};

/// Why an event was given up.
enum class drop_reason : std::uint8_t {
  event_age_exceeded,
  retries_exhausted,
  zero_reserved_concurrency,
  function_not_found,
};
inline constexpr std::size_t drop_reason_count = 4;

/// The name as it is shown: "EventAgeExceeded".
[[nodiscard]] std::string_view to_string(drop_reason why) noexcept;

/// Bounds of a queue.
struct event_limits {
  std::size_t events_max = 100'000;
  /// Of payloads.
  std::size_t bytes_max = std::size_t{1} << 30U;
  /// Invocations at the same time, and of one function.
  std::size_t in_flight_max = 256;
  std::size_t in_flight_each_max = 64;
};

/// What has become of events.
struct event_counters {
  /// Waiting for their turn.
  std::uint64_t queued = 0;
  std::uint64_t in_flight = 0;
  /// Since the start: events whose function has succeeded, tries that will be made again, and
  /// events given up.
  std::uint64_t delivered = 0;
  std::uint64_t retried = 0;
  std::array<std::uint64_t, drop_reason_count> dropped{};
};

/// Invocations that wait for their turn. An event is accepted when it is kept; it is forgotten when
/// its function has succeeded, or when it is given up. After a crash one that was being delivered
/// runs again.
///
/// Each function has a line of its own, and the lines take turns. When a function cannot run (a
/// limit, its state), its line is tried again after a second, then two, and so on, at most five
/// minutes; as soon as something of it has run, at once. An event that the platform could not run
/// waits alone, as long. One whose function has failed runs again after a minute, and then after
/// two. Which version runs is decided when it runs.
class event_queue : public std::enable_shared_from_this<event_queue> {
public:
  /// What holds for events of a function, under the qualifier they were sent to.
  using settings_source =
      std::function<event_settings(const std::string& function, const std::string& qualifier)>;

  struct parts {
    resolver resolve;
    std::shared_ptr<fsm::concurrency_limiter> limiter;
    std::shared_ptr<invoker> runs;
    std::shared_ptr<fsm::clock> clock;
    std::unique_ptr<event_store> store;
    std::shared_ptr<spdlog::logger> log;
    settings_source settings;
    event_limits limits{};
  };

  /// Loads what the store has kept. Error: that of the store.
  [[nodiscard]] static fsm::expected<std::shared_ptr<event_queue>> open(parts from);
  event_queue(const event_queue&) = delete;
  event_queue& operator=(const event_queue&) = delete;
  ~event_queue();

  /// Begins to deliver, until `stop`. On a manual clock, what is due at a point in time has run
  /// when the clock moves on.
  void start();
  /// Delivers and accepts no more. What is being delivered may end; what has not ended stays kept.
  void stop();
  /// After `stop`: keeps what has been accepted and tells those who wait for it. What changes later
  /// is not kept.
  void close() { from_.store->stop(); }

  /// Keeps an event; its id and the times are filled in. `too_many_requests` when the queue is
  /// full. `done` is called once, on any thread, also inside this call.
  void add(event what, std::string payload, event_store::kept done);

  [[nodiscard]] event_counters counters() const;
  /// See `event_store`.
  [[nodiscard]] fsm::expected<void> checkpoint(const std::string& name) {
    return from_.store->checkpoint(name);
  }

private:
  // The events of one function.
  struct line {
    std::deque<event> ready;
    std::multimap<fsm::timestamp, event> later;
    // After something went wrong for the line as a whole.
    fsm::timestamp not_before{};
    std::uint32_t refusals = 0;
    std::size_t in_flight = 0;
    bool has_turn = false;
    fsm::timestamp wakes_at = fsm::timestamp::max();
  };
  using line_entry = std::pair<const std::string, line>;

  explicit event_queue(parts from);

  // With the lock held.
  void enqueue(event what);
  void give_turn(line_entry& which);
  void plan(line_entry& which);
  void wake_due(fsm::timestamp now);
  [[nodiscard]] std::pair<line_entry*, event> next();
  void set_alarm();
  void let_sleep(line_entry& which);
  void done_with(line_entry& which, bool has_run);
  void free_room(const event& what);
  void poke();

  void deliver(std::unique_lock<std::mutex>& lock);

  [[nodiscard]] fsm::expected<void> take_room(event& what);
  void work();
  void run(const event& what);
  void run_version(const event& what, const resolved& version);
  [[nodiscard]] bool give_up_before(const event& what, const event_settings& how);
  void finished(event what, const invoker::result& result);
  void refused(event what, const refusal& why);
  void succeeded(const event& what);
  void failed(event what);
  void drop(const event& what, drop_reason why);
  void hold_line(event what);
  void put_off(event what, fsm::duration pause, bool has_run);
  void forget(const event& what, bool has_run);

  const parts from_;
  fsm::clock::task_id settler_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<std::string, line> lines_;
  std::list<line_entry*> turns_;
  std::multimap<fsm::timestamp, line_entry*> wakes_;
  fsm::clock::task_id alarm_ = 0;
  fsm::timestamp alarm_at_ = fsm::timestamp::max();
  std::uint64_t last_id_ = 0;
  std::size_t events_ = 0;  // With those that the store is about to keep or to forget.
  std::size_t bytes_ = 0;
  event_counters counters_;
  std::size_t delivering_ = 0;  // Threads.
  bool poked_ = false;
  bool started_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace platform::invoke
