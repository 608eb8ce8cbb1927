#include "crowd_watch.hpp"

#include "call_window.hpp"
#include "interrupt.hpp"
#include "progress.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

namespace bench {

measurement watch_crowd(const crowd& who, time_point begin) {
  constexpr std::chrono::microseconds between_looks{50};
  measurement out;
  std::atomic<std::uint64_t> shown{0};
  const progress_line progress{
      who.aim, [&] { return static_cast<double>(shown.load()) / static_cast<double>(who.size); }};
  auto last_success = clock::now();
  while (out.ops < who.size && !interrupted() && !(who.give_up && who.give_up())) {
    const auto through = std::min(who.through(), who.size);
    const auto now = clock::now();
    if (through > out.ops) {
      out.latency.add(now - begin, through - out.ops);
      out.ops = through;
      shown.store(through);
      last_success = now;
    } else if (now - last_success > call_patience) {
      out.fail(std::to_string(who.size - out.ops) + " of " + std::to_string(who.size) +
               " functions did not " + who.aim + " (none within 30 s)");
      break;
    } else {
      std::this_thread::sleep_for(between_looks);
    }
  }
  out.seconds = seconds_between(begin, clock::now());
  return out;
}

}  // namespace bench
