#pragma once

#include "execution/groups/control_groups.hpp"
#include "execution/memory_watch.hpp"
#include "execution/pool.hpp"
#include "execution/process_executor.hpp"
#include "execution/runtimes.hpp"
#include "execution/workspace.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>
#include <vector>

namespace platform::execution {

/// All pools, and what they share: one thread, on which everything about environments happens, the
/// unpacked packages, and the room that there is.
class workshop final : public pool::host, public std::enable_shared_from_this<workshop> {
public:
  workshop(process_options how, std::unique_ptr<workspace> place, sandbox walls,
           std::unique_ptr<control_groups> groups, std::shared_ptr<fsm::clock> clock,
           std::shared_ptr<spdlog::logger> log);
  ~workshop() override;

  /// Begins to work. Once.
  void open(package_source packages);
  /// Stops everything and waits for it. Later calls do nothing.
  void close();

  /// Any thread, from here on.
  void start(version what, fsm::completion done);
  void stop(const fsm::attempt_token& which, fsm::completion done);
  void run(job_ptr what);
  void cancel(const job_ptr& what);
  [[nodiscard]] std::vector<fsm::attempt_token> held(const fsm::attempt_token& after,
                                                     std::size_t limit) const;

private:
  void find_code(
      const settings& of,
      std::function<void(tl::expected<code_cache::folder, start_failure>)> done) override;
  tl::expected<std::shared_ptr<environment>, start_failure> start_environment(
      const settings& of, const code_cache::folder& code, environment::owner& by) override;
  [[nodiscard]] bool has_room() const override;
  [[nodiscard]] std::size_t coming_room(std::chrono::milliseconds at_most) const override;
  void wait_for_room(pool& which) override;
  void is_idle(pool& of, environment& which) override;
  void is_not_idle(environment& which) override;
  void has_ended(environment& which) override;
  void is_gone(const fsm::attempt_token& token) override;

  pool& pool_of(const version& what);
  [[nodiscard]] bool take_room(std::uint32_t& number);
  void give_room_back(std::uint32_t number);
  void room_came();
  void offer_room();
  void plan_idle_alarm();
  void stop_idle();
  [[nodiscard]] std::vector<std::shared_ptr<environment>> environments() const;

  // Idle environments, the one that has been it longest first.
  struct idle_one {
    environment* which;
    pool* of;
  };

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> open_{
      io_.get_executor()};
  const process_options how_;
  const std::unique_ptr<workspace> place_;
  const sandbox walls_;
  const std::unique_ptr<control_groups> groups_;
  const runtimes runtimes_;
  const std::shared_ptr<fsm::clock> clock_;
  const std::shared_ptr<spdlog::logger> log_;
  code_cache code_;

  std::map<fsm::attempt_token, std::unique_ptr<pool>> pools_;
  std::list<idle_one> idle_;
  std::unordered_map<const environment*, std::list<idle_one>::iterator> idle_places_;
  fsm::clock::task_id idle_alarm_ = 0;
  std::size_t environments_ = 0;        // Without those that give way.
  std::set<std::uint32_t> giving_way_;  // By number.
  std::vector<std::uint32_t> free_numbers_;
  std::uint32_t numbers_ = 0;
  std::deque<fsm::attempt_token> waiting_for_room_;
  bool offers_room_ = false;
  memory_watch memory_;

  mutable std::mutex mutex_;
  std::set<fsm::attempt_token> held_;  // The keys of `pools_`.
  bool is_closed_ = false;
  std::thread thread_;
};

}  // namespace platform::execution
