#pragma once

#include "database.hpp"
#include "meta.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace fsm::rocks {

/// Makes checkpoints below the directory's `checkpoints/`, one at a time, on a thread of its own.
class checkpointer {
public:
  using made = std::function<void(expected<std::string>)>;

  /// Removes what an earlier owner left unfinished.
  explicit checkpointer(database& in);
  /// Waits for the one that is being made.
  ~checkpointer();
  checkpointer(const checkpointer&) = delete;
  checkpointer& operator=(const checkpointer&) = delete;

  /// Its name tells the time of the last commit and how far it had come: 20261128T210400Z-42.
  /// `errc::too_many_requests` while another one is being made. `done` is called on the thread; it
  /// may ask for the next one, and must not end the store.
  void make(const progress& at, made done);

private:
  struct order {
    progress at;
    made done;
  };
  void run();
  [[nodiscard]] expected<std::string> copy(const progress& at);
  [[nodiscard]] std::string free_name(const progress& at) const;

  database& db_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<order> waiting_;
  bool copying_ = false;
  bool ending_ = false;
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace fsm::rocks
