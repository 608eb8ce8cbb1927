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
// Of one environment, at a time.
constexpr std::size_t connections_max = 8;

std::chrono::microseconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::ceil<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
}

runtime_request call_in(const http::request_head& what) {
  const auto target = what.target();
  return read_runtime_request(what.method(), {target.data(), target.size()});
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
      group_{std::move(from.group)},
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

// --- the Runtime API -----------------------------------------------------------------------------

void environment::accept() {
  acceptor_.async_accept([self = shared_from_this()](const boost::system::error_code& problem,
                                                     asio::ip::tcp::socket socket) {
    if (problem == asio::error::operation_aborted || self->state_ == state::ended) return;
    if (problem) return self->accept_later();
    boost::system::error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay{true}, ignored);
    runtime_connection::handler& by = *self;
    self->make_room_for_connection();
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

// The one that will be missed least, so that a function cannot take all descriptors of the
// platform.
void environment::make_room_for_connection() {
  if (connections_.size() < connections_max) return;
  const auto may_go = [this](const auto& each) { return each != asking_ && each != serving_; };
  auto which = std::find_if(connections_.begin(), connections_.end(),
                            [&](const auto& each) { return may_go(each) && each->is_silent(); });
  if (which == connections_.end())
    which = std::find_if(connections_.begin(), connections_.end(), may_go);
  (*which)->close();
  connections_.erase(which);
}

void environment::lost(const runtime_connection::pointer& which) {
  std::erase(connections_, which);
  if (serving_ == which) serving_.reset();
  if (asking_ == which) leave_idle();
}

// Its runtime may come back with another connection, or it is ended for being stuck.
void environment::leave_idle() {
  asking_.reset();
  if (state_ != state::idle) return;
  state_ = state::answered;
  since_ = std::chrono::steady_clock::now();
  owner_.stopped_waiting(*this);
}

bool environment::still_waits() {
  if (const auto by = asking_; by && by->peer_has_gone()) {
    by->close();
    lost(by);
  }
  return state_ == state::idle;
}

bool environment::is_current(std::string_view id) const {
  return job_ && state_ == state::busy && id == job_->what.request_id;
}

std::optional<http::response> environment::refuses(const http::request_head& what) {
  const auto call = call_in(what);
  switch (call.what) {
    case runtime_call::next: return std::nullopt;
    case runtime_call::init_error:
      if (state_ == state::starting && cause_ == end_cause::itself) return std::nullopt;
      return refused_message(403, "InvalidStateTransition", "The runtime has started already.");
    case runtime_call::response:
    case runtime_call::error:
      if (is_current(call.id)) return std::nullopt;
      return refused_message(400, "InvalidRequestID", "This invocation does not run here.");
    case runtime_call::unknown: break;
  }
  return refused_message(404, "NotFound", "There is no such operation.");
}

void environment::asked(const runtime_connection::pointer& by, const http::request& what) {
  if (auto no = refuses(what)) return by->answer(*std::move(no));
  const auto call = call_in(what);
  if (call.what == runtime_call::next) return asked_for_next(by);
  if (call.what != runtime_call::init_error)
    return answered(by, what, call.what == runtime_call::error);
  by->answer(accepted_message());
  fail_to_start(reported_error(what, what.body()));
}

void environment::asked_for_next(const runtime_connection::pointer& by) {
  if (state_ == state::busy || cause_ != end_cause::itself) {
    return by->answer(refused_message(403, "InvalidStateTransition",
                                      "The invocation before has not been answered."));
  }
  if (const auto older = std::exchange(asking_, by)) {  // Whoever asked then is gone, say.
    older->close();
    return lost(older);
  }
  const bool first = state_ == state::starting;
  if (first) {
    clock_->cancel(std::exchange(alarm_, 0));
    start_duration_ = since(since_);
  }
  state_ = state::idle;
  owner_.became_idle(*this, first);
}

// What it has reported is why: nothing that it does now changes that.
void environment::fail_to_start(std::string report) {
  start_report_ = std::move(report);
  kill(end_cause::reported);
}

void environment::run(job_ptr what) {
  state_ = state::busy;
  job_ = std::move(what);
  hand_over();
}

void environment::hand_over() {
  const auto by = std::exchange(asking_, nullptr);
  serving_ = by;
  const auto& what = job_->what;
  // A runtime goes by the machine's clock, also where the platform has another.
  const auto left = (what.begin ? what.begin() : what.deadline) - clock_->now();
  const auto deadline = std::chrono::floor<fsm::duration>(std::chrono::system_clock::now()) + left;
  since_ = std::chrono::steady_clock::now();
  if (by) return by->answer(invocation_message(what, deadline));
  kill(end_cause::itself);  // The runtime has gone away while it waited.
}

void environment::answered(const runtime_connection::pointer& by, const http::request& what,
                           bool failed) {
  auto problem = failed ? std::optional{reported_error(what, what.body())} : late_error(what);
  invoke::outcome result;
  if (problem) result.function_error = "Unhandled";
  result.payload = problem ? *std::move(problem) : what.body();
  state_ = state::answered;
  finish(std::move(result));
  by->answer(accepted_message());
}

void environment::asked_too_much(const runtime_connection::pointer& by,
                                 const http::request_head& what) {
  if (auto no = refuses(what)) return by->answer(*std::move(no));
  const auto call = call_in(what);
  if (is_current(call.id)) {
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
  if (call.what == runtime_call::init_error) fail_to_start(reported_error(what, {}));
}

// The rest of an outcome is known here.
void environment::finish(invoke::outcome what) {
  what.duration = since(since_);
  read_log(log_tail::bytes_max * 32);  // What it wrote before it answered is there by now.
  what.log = tail_.take() + what.log;
  what.init_duration = std::exchange(start_duration_, std::nullopt);
  // The first one may be over before the next look, which has not seen much yet.
  if (what.init_duration && group_) saw_memory(group_->memory().own_bytes);
  what.memory_used_mb = static_cast<std::uint32_t>(
      std::max<std::uint64_t>((memory_peak_ + megabyte - 1) / megabyte, 1));
  since_ = std::chrono::steady_clock::now();
  const auto done = std::exchange(job_, nullptr);
  done->finish(std::move(what));
}

// --- its end -------------------------------------------------------------------------------------

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

void environment::exceed_memory() {
  kill(end_cause::memory);
  leave_idle();  // It takes no invocation any more.
}

bool environment::is_between_invocations(std::chrono::milliseconds at_most) const {
  return state_ == state::answered && cause_ == end_cause::itself && since(since_) < at_most;
}

bool environment::is_about_to_end(std::chrono::milliseconds at_most) const {
  return (cause_ != end_cause::itself || state_ == state::ended) && since(killed_) < at_most;
}

}  // namespace platform::execution
