#include "invoke/invoker.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <atomic>
#include <cstdio>
#include <exception>
#include <mutex>
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

outcome timed_out(const std::string& request_id, std::chrono::seconds timeout) {
  auto result =
      failed("Sandbox.Timedout", "RequestId: " + request_id + " Error: Task timed out after " +
                                     std::to_string(timeout.count()) + ".00 seconds");
  result.duration = timeout;
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

refusal internal(std::string message) {
  return {std::nullopt, {.code = fsm::errc::internal, .message = std::move(message)}};
}

// The function is there all the same: it only changes too fast.
refusal overtaken(const order& what) {
  return {std::nullopt,
          {.code = fsm::errc::too_many_requests,
           .message = "function " + what.name + " was updated " + std::to_string(tries_max) +
                      " times while an invocation of it started (invoke it again)"}};
}

}  // namespace

// Held by the runner's callback and, until one of them has come, by the alarm.
struct invoker::running {
  finished done;
  std::string request_id;
  std::uint32_t memory_mb = 0;
  std::chrono::seconds timeout{};
  fsm::admission admitted;
  fsm::concurrency_permit permit;
  std::atomic<bool> answered = false;
  std::atomic<bool> ended = false;

  std::mutex mutex;  // Guards what follows.
  runner::cancel cancel;
  fsm::clock::task_id alarm = 0;

  void answer(result what) {
    if (!answered.exchange(true)) done(std::move(what));
  }
};

invoker::invoker(fsm::runtime& functions, fsm::concurrency_limiter& limiter, runner& runs,
                 std::shared_ptr<fsm::clock> clock)
    : functions_{functions},
      limiter_{limiter},
      runner_{runs},
      clock_{std::move(clock)},
      settings_{functions} {}

void invoker::start(order what, finished done) { start(std::move(what), std::move(done), 1); }

void invoker::start(order what, finished done, int number) {
  auto permit = limiter_.acquire(what.function, what.version);
  if (!permit) return done(tl::make_unexpected(refusal{permit.error(), {}}));
  auto admitted = functions_.admit(what.name);
  if (!admitted) return done(tl::make_unexpected(refusal{std::nullopt, admitted.error()}));
  const auto one = std::make_shared<running>();
  one->done = std::move(done);
  one->request_id = what.request_id;
  one->admitted = *std::move(admitted);
  one->permit = *std::move(permit);
  settings_.find(one->admitted, [this, one, number, what = std::move(what)](
                                    const fsm::expected<run_settings>& settings) mutable {
    if (!settings && settings.error().code == fsm::errc::not_found) {
      one->admitted.complete();
      one->permit.release();
      if (number == tries_max) return one->answer(tl::make_unexpected(overtaken(what)));
      return start(std::move(what), std::move(one->done), number + 1);
    }
    if (!settings) return one->answer(tl::make_unexpected(refusal{std::nullopt, settings.error()}));
    run(one, *settings, std::move(what));
  });
}

void invoker::run(const std::shared_ptr<running>& one, const run_settings& settings, order what) {
  one->memory_mb = settings.memory_mb;
  one->timeout = settings.timeout;
  const auto deadline = clock_->now() + settings.timeout;
  const auto finish = [one, clock = clock_](outcome result) {
    if (one->ended.exchange(true)) return;
    one->admitted.complete();
    one->permit.release();
    {
      const std::lock_guard lock{one->mutex};
      if (one->alarm != 0) clock->cancel(one->alarm);
    }
    if (!result.broken.empty())
      return one->answer(tl::make_unexpected(internal(std::move(result.broken))));
    one->answer(completed{checked(std::move(result)), one->memory_mb});
  };
  runner::cancel cancel;
  try {
    cancel =
        runner_.run({std::move(what.request_id), std::move(what.function), std::move(what.version),
                     std::move(what.invoked_arn), settings.document, std::move(what.payload),
                     std::move(what.client_context), std::move(what.trace_id), deadline},
                    finish);
  } catch (const std::exception& problem) {
    outcome result;
    result.broken = problem.what();
    return finish(std::move(result));
  }
  const std::lock_guard lock{one->mutex};
  if (one->ended) return;
  one->cancel = std::move(cancel);
  one->alarm = clock_->call_at(deadline, [one] {
    runner::cancel stop;
    {
      const std::lock_guard guard{one->mutex};
      one->alarm = 0;
      stop = std::exchange(one->cancel, nullptr);
    }
    if (one->ended) return;
    one->answer(completed{timed_out(one->request_id, one->timeout), one->memory_mb});
    if (stop) stop();
  });
}

}  // namespace platform::invoke
