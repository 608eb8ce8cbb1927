#include "create_window.hpp"

#include "interrupt.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <thread>

namespace bench {
namespace {

/// How long a function may take to become Active before that counts as a failure.
constexpr std::chrono::seconds patience{30};

fsm::create_request request_for(std::string_view name) {
  fsm::create_request made;
  made.name = name;
  return made;
}

}  // namespace

struct alignas(64) create_window::call {
  create_window* window = nullptr;
  fsm::runtime* runtime = nullptr;
  std::string_view name;
  time_point started;
  time_point finished;
  bool used = false;
  bool sampled = false;
  bool failed = false;
  std::string failure;
  std::atomic<bool> done{true};
};

create_window::create_window(std::size_t in_flight)
    : in_flight_{in_flight}, calls_{std::make_unique<call[]>(in_flight)} {
  for (std::size_t i = 0; i < in_flight_; ++i) calls_[i].window = this;
}

create_window::~create_window() = default;

measurement create_window::run(const create_task& task) {
  constexpr std::uint64_t sample_interval = 64;
  constexpr std::uint64_t progress_interval = 1024;
  measurement out;
  const bool open_loop = task.how.rate > 0;
  const auto end = later(task.begin, task.how.seconds);
  for (auto i = task.first; i != task.last && !interrupted(); ++i) {
    const auto turn = i - task.first;
    call& next = calls_[turn % in_flight_];
    auto intended = time_point{};
    if (open_loop) {
      intended = intended_start(task.begin, turn, task.index, task.threads, task.how.rate);
      if (intended >= end || clock::now() >= end) break;
      wait_until(intended);
    }
    if (!collect(next, out)) return out;
    next.sampled = open_loop || turn % sample_interval == 0;
    if (next.sampled) next.started = open_loop ? intended : clock::now();
    next.name = task.names[i];
    next.runtime = &task.runtime;
    start(task, next);
    if (turn % progress_interval == 0) task.created.fetch_add(progress_interval);
  }
  for (std::size_t i = 0; i < in_flight_; ++i) {
    if (!collect(calls_[i], out)) return out;
  }
  out.seconds = seconds_between(task.begin, clock::now());
  return out;
}

void create_window::start(const create_task& task, call& which) {
  which.used = true;
  which.failed = false;
  which.done.store(false, std::memory_order_relaxed);
  if (in_flight_ == 1) {
    create_now(task, which);
  } else {
    create_later(task, which);
  }
}

/// Waits for the answer and counts it. False when none came: there is no point in going on.
bool create_window::collect(call& which, measurement& out) {
  if (!which.used) return true;
  constexpr int looks = 200;
  for (int i = 0; i < looks && !which.done.load(std::memory_order_acquire); ++i) {
    std::this_thread::yield();
  }
  if (!which.done.load(std::memory_order_acquire)) {
    std::unique_lock lock{mutex_};
    asleep_.store(true);
    const bool answered = wake_.wait_for(lock, patience, [&] { return which.done.load(); });
    asleep_.store(false);
    if (!answered) {
      out.fail("no answer within 30 s for " + std::string{which.name});
      return false;
    }
  }
  which.used = false;
  if (which.failed) {
    out.fail(which.failure);
    return true;
  }
  ++out.ops;
  if (which.sampled) out.latency.add(which.finished - which.started);
  return true;
}

void create_window::create_now(const create_task& task, call& which) {
  auto got = task.runtime.create(request_for(which.name));
  if (got && got->state != fsm::state::active) {
    got = task.runtime.wait(which.name, fsm::active, patience);
  }
  finish(which, got ? nullptr : &got.error());
}

void create_window::create_later(const create_task& task, call& which) {
  // One pointer, so that the function object needs no memory of its own.
  task.runtime.create(request_for(which.name), [at = &which](auto got) {
    if (!got || got->state == fsm::state::active) {
      return at->window->finish(*at, got ? nullptr : &got.error());
    }
    at->runtime
        ->wait(
            at->name, fsm::active, patience,
            [at](auto settled) { at->window->finish(*at, settled ? nullptr : &settled.error()); })
        .detach();
  });
}

void create_window::finish(call& which, const fsm::error* why) {
  if (which.sampled) which.finished = clock::now();
  if (why != nullptr) {
    which.failed = true;
    which.failure = std::string{fsm::to_string(why->code)} + ": " + why->message;
  }
  which.done.store(true);
  // Either this sees that the driver sleeps, or the driver sees `done` before it falls asleep.
  if (!asleep_.load()) return;
  const std::lock_guard lock{mutex_};
  wake_.notify_one();
}

}  // namespace bench
