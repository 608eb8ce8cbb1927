#pragma once

#include "measure.hpp"
#include "names.hpp"
#include <fsm/runtime.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

namespace bench {

/// What one thread creates, and what it tells others about it.
struct create_task {
  fsm::runtime& runtime;
  const name_list& names;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  pace how;
  time_point begin;
  std::size_t index = 0;
  std::size_t threads = 1;
  /// For the progress line; counted up in steps.
  std::atomic<std::uint64_t>& created;
};

/// Creates functions, each to Active, with a bounded number of them outstanding. One thread drives
/// it; the answers may come on any thread. Must outlive the runtime.
class create_window {
public:
  explicit create_window(std::size_t in_flight);
  create_window(const create_window&) = delete;
  create_window& operator=(const create_window&) = delete;
  ~create_window();

  /// Works on the calling thread until everything of the task is Active, or the time of an open
  /// loop is over.
  [[nodiscard]] measurement run(const create_task& task);

private:
  /// One create on its way.
  struct call;

  void start(const create_task& task, call& which);
  bool collect(call& which, measurement& out);
  void create_now(const create_task& task, call& which);
  void create_later(const create_task& task, call& which);
  void finish(call& which, const fsm::error* why);

  std::size_t in_flight_;
  std::unique_ptr<call[]> calls_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> asleep_{false};
};

}  // namespace bench
