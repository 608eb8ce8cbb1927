#include "progress.hpp"

#include "latency.hpp"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace bench {

progress_line::progress_line(std::string label, std::function<double()> share) {
  if (isatty(STDERR_FILENO) == 0) return;
  thread_ = std::thread{
      [this, label = std::move(label), share = std::move(share)] { show(label, share); }};
}

progress_line::~progress_line() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock{mutex_};
    done_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void progress_line::show(const std::string& label, const std::function<double()>& share) {
  constexpr std::chrono::milliseconds interval{200};
  std::unique_lock lock{mutex_};
  while (!wake_.wait_for(lock, interval, [this] { return done_; })) {
    const double percent = std::clamp(share(), 0.0, 1.0) * 100;
    std::fprintf(stderr, "\r\033[K%s  %3.0f %%", label.c_str(), percent);
    std::fflush(stderr);
  }
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

std::function<double()> share_of_time(double seconds) {
  return [begin = clock::now(), seconds] {
    return std::chrono::duration<double>(clock::now() - begin).count() / seconds;
  };
}

}  // namespace bench
