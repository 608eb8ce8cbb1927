// The process of an environment: what it says, what it writes, and how it ends.
#include "execution/environment.hpp"
#include "execution/environment_program/messages.hpp"
#include "execution/process_family.hpp"

#include <boost/asio/error.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace platform::execution {

namespace asio = boost::asio;

namespace {

constexpr std::size_t piece_bytes = std::size_t{64} << 10U;
// A namespace ends a moment after its first process.
constexpr std::chrono::seconds silence_patience{2};
// A process is in its group for a moment after it has been killed.
constexpr std::chrono::milliseconds group_pause{5};
constexpr int group_looks_max = 400;
constexpr std::uint64_t megabyte = std::uint64_t{1} << 20U;

// One message, and the descriptor that came with it.
struct message {
  std::string text;
  code::file descriptor;
};

/// One message, if there is one; `ended` if there will never be one more.
std::optional<message> receive(int from, bool& ended) {
  std::array<char, 256> text{};
  iovec piece{text.data(), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room{};
  msghdr head{};
  head.msg_iov = &piece;
  head.msg_iovlen = 1;
  head.msg_control = room.data();
  head.msg_controllen = room.size();
  const auto length = ::recvmsg(from, &head, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  ended = length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR);
  if (length <= 0) return std::nullopt;
  message result{{text.data(), static_cast<std::size_t>(length)}, {}};
  const auto* more = CMSG_FIRSTHDR(&head);
  if (more && more->cmsg_level == SOL_SOCKET && more->cmsg_type == SCM_RIGHTS) {
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(more), sizeof descriptor);
    result.descriptor = code::file{descriptor};
  }
  return result;
}

}  // namespace

// Who waits for a descriptor is woken up without a reason, too: nothing below may block, and all of
// it looks again.

// What the process says on its way: where it listens, or why it cannot go on.
void environment::hear() {
  control_.async_wait(asio::posix::stream_descriptor::wait_read,
                      [self = shared_from_this()](const boost::system::error_code& problem) {
                        if (problem || self->state_ == state::ended) return;
                        bool is_last = false;
                        auto said = receive(self->control_.native_handle(), is_last);
                        if (said) self->heard_failure(said->text);
                        if (said && said->descriptor.is_open())
                          self->listen(said->descriptor.release());
                        if (!is_last) self->hear();
                      });
}

void environment::heard_failure(const std::string& said) {
  if (said.front() != failed_word) return;
  const auto* end = said.data() + said.size();
  const auto [rest, problem] = std::from_chars(said.data() + 1, end, platform_error_);
  if (problem == std::errc{}) platform_trouble_ = {rest, end};
}

void environment::listen(int descriptor) {
  boost::system::error_code problem;
  acceptor_.assign(asio::ip::tcp::v4(), descriptor, problem);
  if (problem) return kill(end_cause::platform);
  accept();
}

void environment::watch_log() {
  log_.async_wait(asio::posix::stream_descriptor::wait_read,
                  [self = shared_from_this()](const boost::system::error_code& problem) {
                    if (problem) return;
                    self->read_log(piece_bytes);
                    if (!self->log_ended_) return self->watch_log();
                    if (self->state_ == state::ended) self->gone();
                  });
}

void environment::read_log(std::size_t bytes_max) {
  static thread_local std::array<char, piece_bytes> piece;
  while (bytes_max > 0 && !log_ended_) {
    const auto length = ::read(log_.native_handle(), piece.data(), piece.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return;
    if (length == 0) return void(log_ended_ = true);
    const auto bytes = static_cast<std::size_t>(length);
    tail_.append({piece.data(), bytes});
    bytes_max -= std::min(bytes_max, bytes);
  }
}

void environment::watch_process() {
  process_.async_wait(asio::posix::stream_descriptor::wait_read,
                      [self = shared_from_this()](const boost::system::error_code& problem) {
                        if (problem) return;
                        const pid_t id = self->process_id_;
                        siginfo_t found{};
                        ::waitid(P_PID, static_cast<id_t>(id), &found, WEXITED | WNOHANG | WNOWAIT);
                        if (found.si_pid != id) return self->watch_process();
                        // Its number is still its own: so is that of its group.
                        if (!self->ends_as_one_) self->end_all();
                        int status = 0;
                        ::waitpid(id, &status, 0);
                        self->process_ended(status);
                      });
}

void environment::kill(end_cause why) {
  if (state_ == state::ended) return;
  if (cause_ == end_cause::itself) {
    cause_ = why;
    killed_ = std::chrono::steady_clock::now();
  }
  end_all();
  ::kill(process_id_, SIGKILL);
}

// As long as the number of its process is its own.
void environment::end_all() {
  if (!ends_as_one_) {  // Also what has left its session.
    group_ ? group_->kill() : end_family(process_id_);
  }
  // All of its session that is no namespace's; the rest goes with the first process of that.
  ::kill(-process_id_, SIGKILL);
}

void environment::process_ended(int status) {
  const auto was = std::exchange(state_, state::ended);
  if (alarm_ != 0) clock_->cancel(std::exchange(alarm_, 0));
  if (cause_ == end_cause::itself) {
    killed_ = std::chrono::steady_clock::now();
    if (group_ && group_->ran_out_of_memory()) {  // The kernel was faster.
      cause_ = end_cause::memory;
      saw_memory(memory_mb_ * megabyte);
    }
  }
  bool is_last = false;
  while (const auto said = receive(control_.native_handle(), is_last)) heard_failure(said->text);
  if (was == state::starting && cause_ != end_cause::stopped) {
    fail_start(status);
  } else if (job_) {
    invoke::outcome result;
    result.function_error = "Unhandled";
    const auto text = exit_text(status);
    const auto& id = job_->what.request_id;
    result.payload = error_payload("Runtime.ExitError", text, id);
    if (cause_ == end_cause::memory) {
      result.log = "RequestId: " + id + " It used more than " + std::to_string(memory_mb_) +
                   " MB of memory.\n";
    }
    result.log += "RequestId: " + id + " Error: " + text + "\nRuntime.ExitError\n";
    finish(std::move(result));
  }
  wait_for_silence();
}

void environment::fail_start(int status) {
  using fsm::reason_code;
  read_log(piece_bytes);
  start_failure why{.type = "Runtime.ExitError", .message = exit_text(status), .log = tail_.take()};
  if (cause_ == end_cause::memory) {
    why.why = reason_code::function_error_init_resource_exhausted;
  } else if (cause_ == end_cause::start_timeout) {
    why.why = reason_code::function_error_init_timeout;
    why.type = "Sandbox.Timedout";
    why.message = "Init timed out after " + std::to_string(start_timeout_.count()) + " seconds";
  } else if (platform_trouble_ == " exec" || platform_trouble_ == " chdir") {
    const bool forbidden = platform_error_ == EACCES;
    why.why = forbidden ? reason_code::function_error_permission_denied
                        : reason_code::function_error_invalid_entry_point;
    why.type = "Runtime.InvalidEntrypoint";
    why.message =
        std::string{"The runtime's program cannot be run: "} + std::strerror(platform_error_);
  } else if (!start_report_.empty()) {
    why.why = reason_code::function_error;
    why.said = start_report_;
    why.message = summary_of(start_report_);
  } else if (!acceptor_.is_open()) {
    why.platform_failed = true;
    why.message = "an environment could not be started: " +
                  (platform_trouble_.empty() ? why.log : platform_trouble_);
  } else {
    why.why = reason_code::function_error_runtime_init_error;
  }
  owner_.failed_to_start(*this, why);
}

// Whoever still writes to its log is still there.
void environment::wait_for_silence() {
  for (const auto& each : std::exchange(connections_, {})) each->close();
  asking_.reset();
  serving_.reset();
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  control_.close(ignored);
  read_log(piece_bytes);
  if (log_ended_ || !ends_as_one_) return gone();
  pause_.expires_after(silence_patience);
  pause_.async_wait([self = shared_from_this()](const boost::system::error_code& problem) {
    if (!problem) self->gone();
  });
}

void environment::gone() {
  if (!log_.is_open() || waits_for_group()) return;
  boost::system::error_code ignored;
  log_.close(ignored);
  process_.close(ignored);
  pause_.cancel();
  owner_.ended(*this);
}

// Nobody is left when it can be removed. What cannot be killed is left to the platform's end.
bool environment::waits_for_group() {
  if (!group_ || group_->remove() || ++group_looks_ > group_looks_max) return false;
  group_->kill();
  pause_.expires_after(group_pause);
  pause_.async_wait([self = shared_from_this()](const boost::system::error_code& problem) {
    if (!problem) self->gone();
  });
  return true;
}

}  // namespace platform::execution
