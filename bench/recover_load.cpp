#include "recover_load.hpp"

#include "child_process.hpp"
#include "interrupt.hpp"
#include "population.hpp"
#include "update_work.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>

namespace bench {
namespace {

using namespace std::chrono_literals;

constexpr auto longest = 10min;
constexpr auto report_interval = 50ms;

/// Whether nobody is at the other end of stdin any more. Takes as long as an interval.
bool is_abandoned() {
  pollfd ended{STDIN_FILENO, POLLIN, 0};
  if (poll(&ended, 1, static_cast<int>(report_interval.count())) <= 0) return false;
  char ignored[64];
  return read(STDIN_FILENO, ignored, sizeof ignored) <= 0;
}

void say(std::uint64_t updated) {
  std::printf("updated %llu\n", static_cast<unsigned long long>(updated));
  std::fflush(stdout);
}

}  // namespace

void run_recover_load(const settings& how) {
  std::deque<call_window> windows;
  for (std::size_t i = 0; i < how.threads; ++i)
    windows.emplace_back(how.in_flight.value_or(fill_in_flight));
  auto started = fsm::runtime::start(options_for(how, store_at(how.storage.data, how.storage)));
  if (!started) throw std::runtime_error{"the runtime does not start: " + started.error().message};
  update_plan plan{*started, how.functions};
  std::atomic<bool> failed{false};
  std::jthread load{[&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto once = update_each(plan, windows);
      if (once.failures == 0 && once.ops > 0) continue;
      std::fprintf(stderr, "fsm-bench: %s: %s\n", recover_load_command, once.first_failure.c_str());
      failed.store(true);
      return;
    }
  }};
  const auto end = clock::now() + longest;
  while (!failed.load() && clock::now() < end) {
    say(plan.updated.load());
    // Nothing is tidied up: it is there to be killed.
    if (is_abandoned()) std::_Exit(EXIT_FAILURE);
  }
  std::_Exit(EXIT_FAILURE);
}

bool kill_under_load(const settings& how, const std::filesystem::path& store,
                     std::uint64_t updates) {
  const auto text = [](auto number) { return std::to_string(number); };
  child_process child{"the process under load",
                      {how.program, recover_load_command, "--data", store.string(), "--functions",
                       text(how.functions), "--threads", text(how.threads), "--in-flight",
                       text(how.in_flight.value_or(fill_in_flight)), "--durability",
                       std::string{how.storage.durability_name()}}};
  const auto give_up_at = clock::now() + longest;
  for (;;) {
    const auto line = child.read_line(longest);
    if (interrupted()) return false;
    if (!line) throw std::runtime_error{"the process under load ended before it was killed"};
    if (parse_values(*line, {"updated"})[0] >= static_cast<double>(updates)) break;
    if (clock::now() > give_up_at)
      throw std::runtime_error{"the process under load did not make its updates in time"};
  }
  child.kill_now();
  return true;
}

}  // namespace bench
