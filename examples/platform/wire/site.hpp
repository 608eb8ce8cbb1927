#pragma once

#include "code/bucket_folder.hpp"
#include "code/code_keeper.hpp"
#include "wire/code_links.hpp"
#include "wire/doors.hpp"
#include "wire/function_locks.hpp"
#include "world.hpp"
#include <fsm/clock.hpp>
#include <fsm/runtime.hpp>

#include <boost/asio/thread_pool.hpp>
#include <spdlog/logger.h>

#include <memory>
#include <string>

namespace platform {
struct all_metrics;
class feed;
class overview;
}  // namespace platform

namespace platform::invoke {
class engine;
}  // namespace platform::invoke

namespace platform::wire {

class account_book;

/// What the operations work with. Everything outlives them.
struct site {
  fsm::runtime& functions;
  platform::world& cloud;
  invoke::engine& invocations;
  /// Null when time moves by itself.
  fsm::manual_clock* virtual_clock = nullptr;
  /// For what blocks or takes long; the server's threads must not.
  boost::asio::thread_pool& workers;
  std::shared_ptr<spdlog::logger> log;
  std::string region;
  std::string account;
  /// The packages of the functions.
  code::code_keeper& code;
  function_locks& locks;
  account_book& book;
  /// Who reads transitions as they come.
  feed& events;
  /// What has happened of late.
  overview& lately;
  all_metrics& measured;
  door_keys keys{};
  /// Where S3 objects are looked for; null = there are no buckets.
  const code::bucket_folder* buckets = nullptr;
  /// "http" or "https": how clients reach the server.
  std::string scheme = "http";
  code_links links{};
  /// Moves the virtual clock: on a thread of its own, for operations on all workers may wait for
  /// it.
  std::shared_ptr<boost::asio::thread_pool> timekeeper =
      std::make_shared<boost::asio::thread_pool>(1);

  /// For whom a call is made: the access key, where there is one, else the account.
  [[nodiscard]] const std::string& tenant() const noexcept {
    return keys.access ? keys.access->id : account;
  }
};

}  // namespace platform::wire
