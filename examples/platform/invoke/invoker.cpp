#include "invoke/invoker.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <exception>
#include <mutex>
#include <unordered_set>
#include <utility>

namespace platform::invoke {

namespace json = boost::json;

namespace {

constexpr std::size_t response_bytes_max = 6'291'556;
// How often an invocation is admitted anew because an update replaced its version meanwhile.
constexpr int tries_max = 4;

outcome failed(std::string type, std::string message) {
  outcome result;
  result.function_error = "Unhandled";
  result.payload = json::serialize(
      json::object{{"errorType", std::move(type)}, {"errorMessage", std::move(message)}});
  return result;
}

// `so_far` is what is known of it.
outcome timed_out(const std::string& request_id, std::chrono::seconds timeout,
                  outcome so_far = {}) {
  const auto what = "Task timed out after " + std::to_string(timeout.count()) + ".00 seconds";
  auto result = failed("Sandbox.Timedout", "RequestId: " + request_id + " Error: " + what);
  result.log = std::move(so_far.log);
  if (!result.log.empty() && !result.log.ends_with('\n')) result.log += '\n';
  result.log += request_id + " " + what + "\n";
  result.duration = timeout;
  result.init_duration = so_far.init_duration;
  result.memory_used_mb = so_far.memory_used_mb;
  return result;
}

// What of an answer the caller may see.
outcome checked(outcome what) {
  if (what.payload.size() > response_bytes_max) {
    auto result = failed("Function.ResponseSizeTooLarge",
                         "Response payload size exceeded maximum allowed payload size (" +
                             std::to_string(response_bytes_max) + " bytes).");
    result.log = std::move(what.log);
    result.duration = what.duration;
    result.init_duration = what.init_duration;
    result.memory_used_mb = what.memory_used_mb;
    return result;
  }
  if (what.payload.empty()) what.payload = "null";
  return what;
}

refusal not_run(outcome what) {
  return {std::nullopt,
          {.code = what.no_room ? fsm::errc::too_many_requests : fsm::errc::internal,
           .message = std::move(what.broken)}};
}

refusal stopped() {
  return {std::nullopt,
          {.code = fsm::errc::stopped, .message = "invocations are no longer accepted"}};
}

// The function is there all the same: it only changes too fast.
refusal overtaken(const order& what) {
  return {std::nullopt,
          {.code = fsm::errc::too_many_requests,
           .message = "function " + what.name + " was updated " + std::to_string(tries_max) +
                      " times while an invocation of it started (invoke it again)"}};
}

}  // namespace

// Held by the runner's callback and by the roster, until it has ended.
struct invoker::running {
  finished done;
  std::string request_id;
  std::uint32_t memory_mb = 0;
  std::chrono::seconds timeout{};
  std::shared_ptr<fsm::clock> clock;
  std::shared_ptr<fsm::concurrency_limiter> limiter;  // Outlives the permit.
  fsm::admission admitted;
  fsm::concurrency_permit permit;
  std::atomic<bool> answered = false;
  std::atomic<bool> ended = false;
  std::atomic<bool> has_expired = false;  // The runner is about to answer for it.
  bool runner_keeps_time = false;

  std::mutex mutex;  // Guards what follows.
  runner::cancel cancel;
  bool is_cancelled = false;
  fsm::clock::task_id alarm = 0;

  void answer(result what) {
    if (!answered.exchange(true)) done(std::move(what));
  }

  // Lets go of what it holds. False if that has been done.
  bool end() {
    if (ended.exchange(true)) return false;
    admitted.complete();
    permit.release();
    const std::lock_guard lock{mutex};
    if (alarm != 0) clock->cancel(alarm);
    return true;
  }

  // As soon as it can be cancelled.
  void stop() {
    runner::cancel how;
    {
      const std::lock_guard lock{mutex};
      is_cancelled = true;
      how = std::exchange(cancel, nullptr);
    }
    if (how && !ended) how();
  }

  void expire() {
    runner::cancel how;
    {
      const std::lock_guard lock{mutex};
      alarm = 0;
      if (runner_keeps_time) how = std::exchange(cancel, nullptr);
      if (how) has_expired = true;
    }
    if (ended) return;
    if (how) return how();
    answer(completed{timed_out(request_id, timeout), memory_mb});
    stop();
  }

  // Its time begins.
  static fsm::timestamp begin(const std::shared_ptr<running>& one) {
    const auto deadline = one->clock->now() + one->timeout;
    const std::lock_guard lock{one->mutex};
    if (one->ended || one->is_cancelled || one->alarm != 0) return deadline;
    one->alarm = one->clock->call_at(deadline, [weak = std::weak_ptr{one}] {
      if (const auto late = weak.lock()) late->expire();
    });
    return deadline;
  }
};

// What runs, and whether more may.
class invoker::roster {
public:
  bool enter(const std::shared_ptr<running>& one) {
    const std::lock_guard lock{mutex_};
    if (!is_stopped_) all_.insert(one);
    return !is_stopped_;
  }

  void leave(const std::shared_ptr<running>& one) {
    const std::lock_guard lock{mutex_};
    all_.erase(one);
    if (all_.empty()) changed_.notify_all();
  }

  void stop(std::chrono::milliseconds patience) {
    std::unique_lock lock{mutex_};
    is_stopped_ = true;
    const auto now = all_;
    lock.unlock();
    for (const auto& each : now) {
      each->answer(tl::make_unexpected(stopped()));
      each->stop();
    }
    lock.lock();
    changed_.wait_for(lock, patience, [this] { return all_.empty(); });
    const auto rest = std::exchange(all_, {});
    lock.unlock();
    for (const auto& each : rest) each->end();
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_set<std::shared_ptr<running>> all_;
  bool is_stopped_ = false;
};

invoker::invoker(fsm::runtime& functions, std::shared_ptr<fsm::concurrency_limiter> limiter,
                 std::shared_ptr<runner> runs, std::shared_ptr<fsm::clock> clock)
    : functions_{functions},
      limiter_{std::move(limiter)},
      runner_{std::move(runs)},
      clock_{std::move(clock)},
      roster_{std::make_shared<roster>()},
      settings_{functions} {}

void invoker::stop(std::chrono::milliseconds patience) { roster_->stop(patience); }

void invoker::start(order what, finished done) { start(std::move(what), std::move(done), 1); }

void invoker::start(order what, finished done, int number) {
  auto permit = limiter_->acquire(what.function, what.version);
  if (!permit) return done(tl::make_unexpected(refusal{permit.error(), {}}));
  auto admitted = functions_.admit(what.name);
  if (!admitted) return done(tl::make_unexpected(refusal{std::nullopt, admitted.error()}));
  const auto one = std::make_shared<running>();
  one->done = std::move(done);
  one->request_id = what.request_id;
  one->clock = clock_;
  one->limiter = limiter_;
  one->admitted = *std::move(admitted);
  one->permit = *std::move(permit);
  settings_.find(
      one->admitted, [this, self = shared_from_this(), one, number,
                      what = std::move(what)](const fsm::expected<run_settings>& settings) mutable {
        if (!settings && settings.error().code == fsm::errc::not_found) {
          one->admitted.complete();
          one->permit.release();
          if (number == tries_max) return one->answer(tl::make_unexpected(overtaken(what)));
          return start(std::move(what), std::move(one->done), number + 1);
        }
        if (!settings)
          return one->answer(tl::make_unexpected(refusal{std::nullopt, settings.error()}));
        run(one, *settings, std::move(what));
      });
}

void invoker::run(const std::shared_ptr<running>& one, const run_settings& settings, order what) {
  one->memory_mb = settings.memory_mb;
  one->timeout = settings.timeout;
  one->runner_keeps_time = runner_->keeps_time();
  const auto deadline = clock_->now() + settings.timeout;
  const auto finish = [one, others = roster_](outcome result) {
    if (!one->end()) return;
    if (one->has_expired) {
      one->answer(
          completed{timed_out(one->request_id, one->timeout, std::move(result)), one->memory_mb});
    } else if (!result.broken.empty()) {
      one->answer(tl::make_unexpected(not_run(std::move(result))));
    } else {
      one->answer(completed{checked(std::move(result)), one->memory_mb});
    }
    others->leave(one);
  };
  if (!roster_->enter(one)) {
    one->end();
    return one->answer(tl::make_unexpected(stopped()));
  }
  // A runner may keep what it is given for longer.
  const auto begin = [weak = std::weak_ptr{one}, deadline] {
    const auto still = weak.lock();
    return still ? running::begin(still) : deadline;
  };
  runner::cancel cancel;
  try {
    cancel = runner_->run({std::move(what.request_id), std::move(what.function),
                           std::move(what.version), std::move(what.invoked_arn), settings.document,
                           std::move(what.payload), std::move(what.client_context),
                           std::move(what.trace_id), deadline, one->admitted.resource(), begin},
                          finish);
  } catch (const std::exception& problem) {
    outcome result;
    result.broken = problem.what();
    return finish(std::move(result));
  }
  std::unique_lock lock{one->mutex};
  if (one->ended) return;
  if (one->is_cancelled) {  // Before it could be.
    lock.unlock();
    if (cancel) cancel();
    return;
  }
  one->cancel = std::move(cancel);
  lock.unlock();
  if (!one->runner_keeps_time) running::begin(one);
}

}  // namespace platform::invoke
