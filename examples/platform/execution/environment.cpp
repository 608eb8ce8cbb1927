#include "execution/environment.hpp"

#include "execution/runtime_api.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace platform::execution {

namespace asio = boost::asio;

namespace {

constexpr std::uint64_t megabyte = std::uint64_t{1} << 20U;
constexpr std::chrono::milliseconds accept_pause{50};

std::chrono::microseconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::ceil<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
}

}  // namespace

environment::environment(environment_parts from, owner& by)
    : io_{from.io},
      clock_{std::move(from.clock)},
      owner_{by},
      process_id_{from.process.id},
      number_{from.number},
      memory_mb_{from.memory_mb},
      start_timeout_{from.start_timeout},
      ends_as_one_{from.ends_as_one},
      process_{io_, from.process.process.release()},
      control_{io_, from.process.control.release()},
      log_{io_, from.process.log.release()},
      acceptor_{io_},
      pause_{io_} {}

environment::~environment() = default;

void environment::start() {
  since_ = std::chrono::steady_clock::now();
  log_.non_blocking(true);
  control_.non_blocking(true);
  hear();
  watch_log();
  watch_process();
  alarm_ = clock_->call_at(clock_->now() + start_timeout_, [weak = weak_from_this(), &io = io_] {
    asio::post(io, [weak] {
      const auto self = weak.lock();
      if (self && self->state_ == state::starting) self->kill(end_cause::start_timeout);
    });
  });
}

// --- the Runtime API
// -------------------------------------------------------------------------------

void environment::accept() {
  acceptor_.async_accept([self = shared_from_this()](const boost::system::error_code& problem,
                                                     asio::ip::tcp::socket socket) {
    if (problem == asio::error::operation_aborted || self->state_ == state::ended) return;
    if (problem) return self->accept_later();
    boost::system::error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay{true}, ignored);
    runtime_connection::handler& by = *self;
    auto& made = self->connections_.emplace_back(
        std::make_shared<runtime_connection>(std::move(socket), by));
    made->start();
    self->accept();
  });
}

// The process has no descriptor left, say.
void environment::accept_later() {
  pause_.expires_after(accept_pause);
  pause_.async_wait([self = shared_from_this()](const boost::system::error_code& problem) {
    if (!problem && self->state_ != state::ended) self->accept();
  });
}

void environment::lost(const runtime_connection::pointer& which) {
  if (asking_ == which) asking_.reset();
  std::erase(connections_, which);
}

void environment::asked(const runtime_connection::pointer& by, const http::request& what) {
  const auto target = what.target();
  const auto call = read_runtime_request(what.method(), {target.data(), target.size()});
  const bool about_current = job_ && state_ == state::busy && call.id == job_->what.request_id;
  switch (call.what) {
    case runtime_call::next: return asked_for_next(by);
    case runtime_call::init_error: return reported_start(by, what);
    case runtime_call::response:
    case runtime_call::error:
      if (about_current) return answered(by, what.body(), call.what == runtime_call::error);
      return by->answer(
          refused_message(400, "InvalidRequestID", "This invocation does not run here."));
    case runtime_call::unknown: break;
  }
  by->answer(refused_message(404, "NotFound", "There is no such operation."));
}

void environment::asked_for_next(const runtime_connection::pointer& by) {
  if (asking_ || state_ == state::busy) {
    return by->answer(refused_message(403, "InvalidStateTransition",
                                      "The invocation before has not been answered."));
  }
  asking_ = by;
  const bool first = state_ == state::starting;
  if (first) {
    clock_->cancel(std::exchange(alarm_, 0));
    start_duration_ = since(since_);
  }
  state_ = state::idle;
  owner_.became_idle(*this, first);
}

void environment::reported_start(const runtime_connection::pointer& by, const http::request& what) {
  if (state_ != state::starting) {
    return by->answer(
        refused_message(403, "InvalidStateTransition", "The runtime has started already."));
  }
  start_report_ = what.body();
  by->answer(accepted_message());
}

void environment::run(job_ptr what) {
  state_ = state::busy;
  job_ = std::move(what);
  hand_over();
}

void environment::hand_over() {
  const auto by = std::exchange(asking_, nullptr);
  const auto& what = job_->what;
  const auto deadline = what.begin ? what.begin() : what.deadline;
  since_ = std::chrono::steady_clock::now();
  if (by) return by->answer(invocation_message(what, deadline));
  kill(end_cause::itself);  // The runtime has gone away while it waited.
}

void environment::answered(const runtime_connection::pointer& by, std::string payload,
                           bool failed) {
  invoke::outcome result;
  result.payload = std::move(payload);
  if (failed) result.function_error = "Unhandled";
  state_ = state::answered;
  finish(std::move(result));
  by->answer(accepted_message());
}

void environment::asked_too_much(const runtime_connection::pointer& by,
                                 const http::request_head& what) {
  const auto target = what.target();
  const auto call = read_runtime_request(what.method(), {target.data(), target.size()});
  const bool about_current = job_ && state_ == state::busy && call.id == job_->what.request_id;
  if (about_current && call.what == runtime_call::response) {
    invoke::outcome result;
    result.function_error = "Unhandled";
    result.payload =
        R"({"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size )"
        "exceeded maximum allowed payload size (" +
        std::to_string(response_bytes_max) + R"( bytes)."})";
    state_ = state::answered;
    finish(std::move(result));
  }
  by->answer(refused_message(413, "RequestEntityTooLarge", "The answer is too large."));
}

// The rest of an outcome is known here.
void environment::finish(invoke::outcome what) {
  what.duration = since(since_);
  read_log(log_tail::bytes_max * 32);  // What it wrote before it answered is there by now.
  what.log = tail_.take() + what.log;
  what.init_duration = std::exchange(start_duration_, std::nullopt);
  what.memory_used_mb = static_cast<std::uint32_t>(
      std::max<std::uint64_t>((memory_peak_ + megabyte - 1) / megabyte, 1));
  since_ = std::chrono::steady_clock::now();
  const auto done = std::exchange(job_, nullptr);
  done->finish(std::move(what));
}

// --- its end
// ---------------------------------------------------------------------------------------

bool environment::cancel(const job& what) {
  if (job_.get() != &what) return false;
  finish({});
  kill(end_cause::stopped);
  return true;
}

void environment::stop_if_stuck() {
  if (state_ == state::answered && since(since_) > start_timeout_) kill(end_cause::stopped);
}

void environment::stop() { kill(end_cause::stopped); }

void environment::exceed_memory() { kill(end_cause::memory); }

}  // namespace platform::execution
