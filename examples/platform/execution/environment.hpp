#pragma once

#include "execution/failures.hpp"
#include "execution/groups/control_group.hpp"
#include "execution/job.hpp"
#include "execution/launcher.hpp"
#include "execution/log_tail.hpp"
#include "execution/runtime_connection.hpp"
#include <fsm/clock.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace platform::execution {

/// What an environment is made of.
struct environment_parts {
  boost::asio::io_context& io;
  std::shared_ptr<fsm::clock> clock;
  launched process;
  /// Which it is, among those that live.
  std::uint32_t number = 0;
  std::uint32_t memory_mb = 128;
  /// How long it may take to become ready.
  std::chrono::seconds start_timeout{10};
  /// Nothing of it goes on when its process has ended.
  bool ends_as_one = true;
  /// What holds all of it; null = nothing does. It is removed at the end.
  std::shared_ptr<control_group> group{};
};

/// One execution environment: a process, and the socket on which its runtime asks for invocations.
/// It runs one invocation at a time. Lives on the executor's thread.
class environment final : public std::enable_shared_from_this<environment>,
                          private runtime_connection::handler {
public:
  /// Who has it. Must outlive `ended`.
  class owner {
  public:
    virtual ~owner() = default;
    /// It waits for an invocation: for the first one, as it has just become ready, or for the next.
    virtual void became_idle(environment& which, bool first) = 0;
    /// It waits no longer, and not because it was told to run.
    virtual void stopped_waiting(environment& which) = 0;
    /// It will not become ready.
    virtual void failed_to_start(environment& which, const start_failure& why) = 0;
    /// There is no process of it any more. The last call.
    virtual void ended(environment& which) = 0;
  };

  environment(environment_parts from, owner& by);
  ~environment() override;

  void start();
  /// Runs an invocation; only when idle.
  void run(job_ptr what);
  /// Whether its runtime is still there to take an invocation; only when idle. If not, its owner is
  /// told so first.
  bool still_waits();
  /// Ends an invocation, and with it the environment; false if that does not run here.
  bool cancel(const job& what);
  /// Ends it.
  void stop();
  /// Ends it if its runtime has answered long ago and asks for nothing more: it would take up room
  /// for ever.
  void stop_if_stuck();
  /// It uses more memory than it may: what it runs fails.
  void exceed_memory();

  [[nodiscard]] bool is_idle() const noexcept { return state_ == state::idle; }
  [[nodiscard]] bool is_ready() const noexcept {
    return state_ != state::starting && state_ != state::ended;
  }
  /// Whether its process may be using memory and time just now.
  [[nodiscard]] bool is_working() const noexcept {
    return state_ != state::idle && state_ != state::ended;
  }
  /// Whether it is about to become idle: who is answered may be faster with its next invocation
  /// than the runtime with its next question.
  [[nodiscard]] bool is_between_invocations(std::chrono::milliseconds at_most) const;
  /// Whether its process has ended, or was told to, no longer ago: there will be room.
  [[nodiscard]] bool is_about_to_end(std::chrono::milliseconds at_most) const;
  [[nodiscard]] pid_t process() const noexcept { return process_id_; }
  /// Null = it has none.
  [[nodiscard]] const std::shared_ptr<control_group>& group() const noexcept { return group_; }
  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
  [[nodiscard]] std::uint32_t memory_mb() const noexcept { return memory_mb_; }
  void saw_memory(std::uint64_t bytes) noexcept {
    if (bytes > memory_peak_) memory_peak_ = bytes;
  }
  /// Since when it has been idle.
  fsm::timestamp idle_since{};

private:
  enum class state : std::uint8_t {
    starting,
    idle,
    busy,
    answered,  ///< The invocation has ended; the runtime does not ask for the next one yet.
    ended,
  };
  enum class end_cause : std::uint8_t {
    itself,
    stopped,
    memory,
    start_timeout,
    reported,
    platform
  };

  std::optional<http::response> refuses(const http::request_head& what) override;
  void asked(const runtime_connection::pointer& by, const http::request& what) override;
  void asked_too_much(const runtime_connection::pointer& by,
                      const http::request_head& what) override;
  void lost(const runtime_connection::pointer& which) override;

  void hear();
  void heard_failure(const std::string& said);
  void listen(int descriptor);
  void accept();
  void accept_later();
  void make_room_for_connection();
  void asked_for_next(const runtime_connection::pointer& by);
  void answered(const runtime_connection::pointer& by, const http::request& what, bool failed);
  void fail_to_start(std::string report);
  void leave_idle();
  [[nodiscard]] bool is_current(std::string_view id) const;
  void hand_over();
  void finish(invoke::outcome what);

  void watch_log();
  void read_log(std::size_t bytes_max);
  void watch_process();
  void process_ended(int status);
  void fail_start(int status);
  void kill(end_cause why);
  void end_all();
  void wait_for_silence();
  void gone();
  [[nodiscard]] bool waits_for_group();

  boost::asio::io_context& io_;
  const std::shared_ptr<fsm::clock> clock_;
  owner& owner_;
  const pid_t process_id_;
  const std::uint32_t number_;
  const std::uint32_t memory_mb_;
  const std::chrono::seconds start_timeout_;
  const bool ends_as_one_;
  const std::shared_ptr<control_group> group_;

  boost::asio::posix::stream_descriptor process_;
  boost::asio::posix::stream_descriptor control_;
  boost::asio::posix::stream_descriptor log_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;  // Before it is accepted again; for silence, at the end.
  std::vector<runtime_connection::pointer> connections_;
  runtime_connection::pointer asking_;   // Waits for an invocation.
  runtime_connection::pointer serving_;  // Was given the last one.

  state state_ = state::starting;
  end_cause cause_ = end_cause::itself;
  job_ptr job_;
  log_tail tail_;
  bool log_ended_ = false;
  std::string start_report_;      // What the runtime said of its failure.
  std::string platform_trouble_;  // Why it did not even come to its runtime.
  int platform_error_ = 0;
  fsm::clock::task_id alarm_ = 0;
  std::chrono::steady_clock::time_point since_;              // It is in its state.
  std::chrono::steady_clock::time_point killed_;             // Or it ended by itself.
  std::optional<std::chrono::microseconds> start_duration_;  // Until it has been reported.
  std::uint64_t memory_peak_ = 0;
  int group_looks_ = 0;  // Whether anybody is left in it.
};

}  // namespace platform::execution
