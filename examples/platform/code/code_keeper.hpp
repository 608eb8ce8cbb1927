#pragma once

#include "code/code_ledger.hpp"
#include "code/code_scan.hpp"
#include "code/code_store.hpp"
#include <fsm/runtime.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <spdlog/logger.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>

namespace platform::code {

struct keeper_options {
  /// Bytes that all code of the account may have together.
  std::uint64_t bytes_max = 80'530'636'800;
  /// Pieces of work that may wait or be under way. At least 1. Beyond it requests are refused.
  std::size_t work_max = 256;
  /// Time between two pages of the first look at all functions, and before unknown functions are
  /// looked up and unused packages removed: more leaves the disk to others, less frees it sooner.
  std::chrono::milliseconds pause{20};
  /// None of the functions that are there has a package: they need not be looked at.
  bool no_code_yet = false;
};

/// Keeps the packages of all functions: stores them, gives them out, and removes those that no
/// function, update in progress or request uses any more. What takes long happens on threads of its
/// own.
///
/// A request that brings code runs its part on these threads (`run`), keeps the package (`keep`),
/// gives its function to the runtime, and tells what came of it (`note`), holding the package until
/// then. A function whose document was changed by somebody else is looked up.
class code_keeper {
public:
  using hold = code_ledger::hold;

  /// `functions` must outlive the keeper's `stop`.
  code_keeper(fsm::runtime& functions, std::unique_ptr<code_store> store, keeper_options how,
              std::shared_ptr<spdlog::logger> log);
  code_keeper(const code_keeper&) = delete;
  code_keeper& operator=(const code_keeper&) = delete;
  /// Calls `stop`.
  ~code_keeper();

  /// Ends the threads when the work under way is done. The ledger goes on being told of holds.
  void stop();

  /// Does some work on a thread that may block; false when too much is waiting. An exception that
  /// leaves it is logged.
  [[nodiscard]] bool run(std::function<void()> work);

  /// Keeps a package, and holds it for the caller. Blocks. `too_many_requests` when there would be
  /// more code than `bytes_max`; `internal` when the disk makes trouble.
  [[nodiscard]] fsm::expected<hold> keep(const package& which, std::string bytes);
  /// Whether there is room for it.
  [[nodiscard]] bool has_room(const package& which) const;
  /// The bytes of a package. Blocks. `not_found`, `internal`.
  [[nodiscard]] fsm::expected<std::string> read(const digest& name) const;
  /// Tells the package that a function shows since the transition `view` is the answer to.
  void note(const fsm::function_view& view, const std::optional<package>& shown);

  /// Removes nothing until the next start: nobody knows any more which packages are in use.
  void stop_removing();

  /// Makes a checkpoint of the functions and adds the packages to it; gives its name. The errors of
  /// `runtime::checkpoint`, `too_many_requests`, `internal`.
  void checkpoint(std::function<void(fsm::expected<std::string>)> done);

  /// The bytes of all code: the sum over all functions. Grows while they are first looked at.
  [[nodiscard]] std::uint64_t total_bytes() const { return ledger_->total_bytes(); }
  [[nodiscard]] std::uint64_t bytes_max() const noexcept { return how_.bytes_max; }

  /// Waits until every function has been looked at, and nothing is being done or waiting; false
  /// when it has not come to that after `patience`.
  [[nodiscard]] bool settle(std::chrono::milliseconds patience);

private:
  class watcher;

  void post(std::function<void()> work);
  void do_work(const std::function<void()>& work);
  void wake();
  void tidy_after(std::chrono::milliseconds pause);
  void tidy();
  [[nodiscard]] std::optional<std::chrono::milliseconds> look_up();
  void finish_scan();
  [[nodiscard]] bool remove_unused();
  void add_packages(const std::string& checkpoint,
                    const std::function<void(fsm::expected<std::string>)>& done);
  void let_remove();

  fsm::runtime& functions_;
  const std::unique_ptr<code_store> store_;
  const keeper_options how_;
  const std::shared_ptr<spdlog::logger> log_;
  const std::shared_ptr<code_ledger> ledger_;
  code_scan scan_;
  fsm::subscription watching_;

  // Shared by those who keep packages; whoever removes some is alone.
  std::shared_mutex removing_;
  std::size_t checkpoints_ = 0;          // Under way: nothing is removed.
  std::atomic<bool> keeps_all_ = false;  // Nothing is removed any more.

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t work_ = 0;     // Waiting or under way.
  bool tidying_ = false;     // `tidy` is waiting or under way.
  bool tidy_again_ = false;  // Somebody woke it meanwhile.
  bool scanned_ = false;     // Every function has been looked at.
  bool stopped_ = false;
  boost::asio::thread_pool pool_;
  boost::asio::steady_timer pause_;  // Touched by `tidy` and `stop`, under the mutex.
};

}  // namespace platform::code
