#pragma once

#include "execution/environment.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <spdlog/logger.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <sys/types.h>
#include <vector>

namespace platform::execution {

/// Looks again and again at how much memory environments use, and ends those that use more than
/// they may; also those that are stuck. Lives on the executor's thread; what blocks happens on some
/// of its own.
///
/// It looks also where control groups bound memory. Their limit is for all that the kernel counts:
/// also for files in a /tmp in memory, which functions may fill beside their memory, and for files
/// of a disk that are kept in memory meanwhile. So it is higher than a function's memory, and meets
/// what is faster than a look, and what no process has in its tables any more.
class memory_watch {
public:
  /// What there is to look at.
  using listing = std::function<std::vector<std::shared_ptr<environment>>()>;

  memory_watch(boost::asio::io_context& io, std::shared_ptr<spdlog::logger> log, listing all);

  void start();
  /// When nothing happens on the executor's thread any more.
  void join() {
    watchers_.join();
    closer_.join();
  }

private:
  struct look {
    std::weak_ptr<environment> who;
    std::shared_ptr<control_group> group;
    pid_t process = -1;
    std::uint64_t most = 0;
    std::uint64_t found = 0;
    bool ran_out = false;
    bool is_exact = true;
  };
  using looks = std::shared_ptr<std::vector<look>>;

  [[nodiscard]] looks choose();
  static void look_at(look& each);
  static void look_closer_at(look& each);
  void see(const look& each);
  void judge(const look& each);

  boost::asio::io_context& io_;
  const std::shared_ptr<spdlog::logger> log_;
  const listing all_;
  std::uint32_t turns_ = 0;
  boost::asio::steady_timer timer_;
  boost::asio::thread_pool watchers_{1};
  // One with many processes can take seconds to look at closely: the others do not wait for it.
  boost::asio::thread_pool closer_{4};
  std::set<pid_t> looked_closer_at_;  // Just now.
};

}  // namespace platform::execution
