#pragma once

#include "database.hpp"
#include "meta.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace fsm::rocks {

/// Makes checkpoints below the directory's `checkpoints/`, one at a time, on a thread of its own.
class checkpointer {
public:
  /// Removes what an earlier owner left unfinished.
  explicit checkpointer(database& in);
  ~checkpointer();
  checkpointer(const checkpointer&) = delete;
  checkpointer& operator=(const checkpointer&) = delete;

  /// Its name tells the time of the last commit and how far it had come: 20261128T210400Z-42.
  /// `errc::too_many_requests` while another one is being made.
  void make(const progress& at, std::function<void(expected<std::string>)> done);

private:
  [[nodiscard]] expected<std::string> copy(const std::string& name);
  [[nodiscard]] std::string free_name(const progress& at) const;

  database& db_;
  std::mutex mutex_;
  std::atomic<bool> busy_{false};
  std::thread thread_;
};

}  // namespace fsm::rocks
