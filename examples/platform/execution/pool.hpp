#pragma once

#include "execution/code_cache.hpp"
#include "execution/environment.hpp"
#include "execution/job.hpp"
#include "execution/settings.hpp"
#include <fsm/provider.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace platform::execution {

/// The environments of one version, and the invocations that wait for one. Lives on the executor's
/// thread.
class pool final : public environment::owner {
public:
  /// What all pools share.
  class host {
  public:
    virtual ~host() = default;
    /// What a version's environments are started with: what is executed, and its code. Answers on
    /// the executor's thread, also inside the call.
    virtual void find_code(
        const settings& of,
        std::function<void(tl::expected<code_cache::folder, start_failure>)> done) = 0;
    /// Starts an environment, if there is room for one more.
    virtual tl::expected<std::shared_ptr<environment>, start_failure> start_environment(
        const settings& of, const code_cache::folder& code, environment::owner& by) = 0;
    /// Whether one more can be started now.
    [[nodiscard]] virtual bool has_room() const = 0;
    /// How many environments are about to end, or to be idle, and have been it no longer.
    [[nodiscard]] virtual std::size_t coming_room(std::chrono::milliseconds at_most) const = 0;
    /// Calls `there_is_room` when there is, after those who asked before. Asked once until then.
    virtual void wait_for_room(pool& which) = 0;
    /// It waits for an invocation, from now on; and no longer.
    virtual void is_idle(pool& of, environment& which) = 0;
    virtual void is_not_idle(environment& which) = 0;
    /// There is no process of it any more.
    virtual void has_ended(environment& which) = 0;
    /// Nothing of the pool is left; it is destroyed inside the call.
    virtual void is_gone(const fsm::attempt_token& token) = 0;
  };

  pool(boost::asio::io_context& io, host& by, const fsm::attempt_token& token, settings of);

  /// Answers when an environment is ready; the latest who asked. Waits for room if there is none.
  void prepare(fsm::completion done);
  void there_is_room();
  void run(job_ptr what);
  /// Ends an invocation early, wherever it is; false if it is not here.
  bool cancel(const job& what);
  /// Stops an idle environment.
  void let_go(environment& which);
  /// Stops all of them. The pool takes nothing any more, and goes when they have ended.
  void stop(std::function<void()> done);

  [[nodiscard]] const std::vector<std::shared_ptr<environment>>& environments() const noexcept {
    return all_;
  }
  [[nodiscard]] const fsm::attempt_token& token() const noexcept { return token_; }
  [[nodiscard]] const settings& what() const noexcept { return settings_; }
  [[nodiscard]] bool is_stopping() const noexcept { return is_stopping_; }

private:
  void became_idle(environment& which, bool first) override;
  void stopped_waiting(environment& which) override;
  void failed_to_start(environment& which, const start_failure& why) override;
  void ended(environment& which) override;

  [[nodiscard]] std::size_t wanted() const;
  void start_wanted();
  void look_again();
  void find_code();
  void start_with(const code_cache::folder& code);
  void fail(const start_failure& why);
  void go_if_done();

  host& host_;
  const fsm::attempt_token token_;
  const settings settings_;
  code_cache::folder code_;
  std::vector<std::shared_ptr<environment>> all_;
  std::vector<environment*> idle_;  // The one used last is the next.
  std::deque<job_ptr> queue_;
  std::size_t starting_ = 0;  // Also those whose code is being looked for.
  std::size_t finding_ = 0;
  std::optional<fsm::completion> preparing_;
  bool waits_for_room_ = false;  // To prepare.
  std::shared_ptr<boost::asio::steady_timer> pause_;
  bool looks_again_ = false;
  bool is_stopping_ = false;
  std::vector<std::function<void()>> stopped_;
};

}  // namespace platform::execution
