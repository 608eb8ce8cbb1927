#include "simulation/campaign.hpp"

#include "simulation/pipe.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <poll.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace fsm::testing {

namespace {

using steady = std::chrono::steady_clock;

/// What a worker tells of one seed: first that it begins, then how it went.
struct told {
  enum class kind : std::uint8_t { begins, went_well, went_wrong, is_not_the_same };
  kind what = kind::begins;
  std::uint64_t seed = 0;
  std::uint64_t steps = 0;
  std::uint64_t messages = 0;
  std::uint64_t transitions = 0;
  std::uint64_t calls = 0;
  std::uint64_t starts = 0;
  std::int64_t time_ms = 0;
  std::int64_t function_time_ms = 0;
  std::array<std::uint64_t, fault_count> faults{};
  std::array<std::uint64_t, 2> rows{};
  bool was_run_twice = false;
};

struct worker {
  pipe_between pipe;
  pid_t process = 0;
  std::uint64_t seed = 0;  // Under way.
  bool is_busy = false;
  bool is_there = true;
};

volatile std::sig_atomic_t signal_to_end = 0;

/// While it lives SIGINT and SIGTERM end the campaign, so that what came of it is told.
class signals_end_it {
public:
  signals_end_it() {
    signal_to_end = 0;
    for (const int each : {SIGINT, SIGTERM}) std::signal(each, [](int) { signal_to_end = 1; });
  }
  signals_end_it(const signals_end_it&) = delete;
  signals_end_it& operator=(const signals_end_it&) = delete;
  ~signals_end_it() {
    for (const int each : {SIGINT, SIGTERM}) std::signal(each, SIG_DFL);
  }
};

told tell(const simulation_report& report) {
  return {.what = report.violation.empty() ? told::kind::went_well : told::kind::went_wrong,
          .seed = report.seed,
          .steps = report.steps,
          .messages = report.messages,
          .transitions = report.transitions,
          .calls = report.calls,
          .starts = report.starts,
          .time_ms = report.time.count(),
          .function_time_ms = report.function_time.count(),
          .faults = report.faults,
          .rows = report.rows};
}

[[noreturn]] void work(const simulation& with, const campaign_options& how, pipe_between& to,
                       std::uint64_t first, steady::time_point end) {
  std::signal(SIGINT, SIG_IGN);  // A terminal sends it to all: the parent ends this process.
  // What a run that ends the process has to say is said again when it is looked at.
  if (std::freopen("/dev/null", "w", stderr) == nullptr) ::_exit(3);
  for (std::uint64_t seed = first; seed <= how.last && steady::now() < end; seed += how.processes) {
    told begins;
    begins.seed = seed;
    to.send(begins);
    const simulation_report report = with.run(seed);
    told went = tell(report);
    if (how.twice_every != 0 && seed % how.twice_every == 0) {
      went.was_run_twice = true;
      if (with.run(seed).hash != report.hash) went.what = told::kind::is_not_the_same;
    }
    to.send(went);
  }
  ::_exit(0);
}

void add(campaign_result& to, const told& what) {
  constexpr double week_ms = 7.0 * 24 * 3600 * 1000;
  ++to.seeds;
  to.steps += what.steps;
  to.messages += what.messages;
  to.transitions += what.transitions;
  to.calls += what.calls;
  to.starts += what.starts;
  to.run_twice += what.was_run_twice ? 1 : 0;
  to.weeks += static_cast<double>(what.time_ms) / week_ms;
  to.function_weeks += static_cast<double>(what.function_time_ms) / week_ms;
  for (std::size_t i = 0; i < fault_count; ++i) to.faults[i] += what.faults[i];
  for (std::size_t i = 0; i < to.rows.size(); ++i) to.rows[i] |= what.rows[i];
  if (what.what != told::kind::went_well) to.wrong.insert(what.seed);
}

/// Takes what a worker has to say; false when it has gone.
bool hear(worker& from, campaign_result& to) {
  told what;
  if (!from.pipe.receive(what)) {
    int status = 0;
    ::waitpid(from.process, &status, 0);
    if (from.is_busy && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM))
      to.wrong.insert(from.seed);
    return from.is_there = false;
  }
  from.is_busy = what.what == told::kind::begins;
  from.seed = what.seed;
  if (!from.is_busy) add(to, what);
  return true;
}

}  // namespace

campaign_result run_campaign(const simulation& with, const campaign_options& how,
                             const std::function<void(const campaign_result&)>& progress) {
  const steady::time_point start = steady::now();
  const steady::time_point end =
      how.minutes > 0 ? start + std::chrono::duration_cast<steady::duration>(
                                    std::chrono::duration<double, std::ratio<60>>{how.minutes})
                      : steady::time_point::max();
  std::vector<std::unique_ptr<worker>> workers;
  for (std::size_t i = 0; i < how.processes; ++i) {
    auto w = std::make_unique<worker>();
    w->process = ::fork();
    if (w->process == 0) work(with, how, w->pipe, how.first + i, end);
    if (w->process < 0) throw std::runtime_error{"no process for the runs"};
    w->pipe.only_read();
    workers.push_back(std::move(w));
  }
  const signals_end_it scope;  // Not of the workers.
  campaign_result result;
  steady::time_point told_at = start;
  std::size_t there = workers.size();
  while (there > 0) {
    std::vector<pollfd> waiting;
    for (const auto& w : workers)
      waiting.push_back({w->is_there ? w->pipe.reading_end() : -1, POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), 1000) < 0 && errno != EINTR) break;
    for (std::size_t i = 0; i < workers.size(); ++i) {
      if (waiting[i].revents != 0 && !hear(*workers[i], result)) --there;
    }
    const steady::time_point now = steady::now();
    result.seconds = std::chrono::duration<double>(now - start).count();
    if (now - told_at >= how.progress_interval && progress) {
      progress(result);
      told_at = now;
    }
    result.was_ended = signal_to_end != 0;
    if (result.wrong.empty() && !result.was_ended) continue;
    for (const auto& w : workers) {
      if (w->is_there) ::kill(w->process, SIGTERM);
    }
  }
  return result;
}

}  // namespace fsm::testing
