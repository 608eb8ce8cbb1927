#include "log_keeper.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <utility>

namespace bench {

namespace fs = std::filesystem;

log_keeper::log_keeper(fs::path directory)
    : directory_{std::move(directory)}, thread_{[this](const std::stop_token& stop) {
        // A log goes when its records are in tables, which takes longer than this by far.
        constexpr std::chrono::milliseconds interval{10};
        std::mutex mutex;
        std::condition_variable_any wake;
        std::unique_lock lock{mutex};
        do keep_all();
        while (!wake.wait_for(lock, stop, interval, [] { return false; }) &&
               !stop.stop_requested());
        keep_all();
      }} {}

void log_keeper::keep_all() {
  std::error_code gone;  // Files may go, or not be there yet, while we look.
  const auto archive = directory_ / "archive";
  fs::create_directory(archive, gone);
  for (fs::directory_iterator at{directory_, gone}, end; !gone && at != end; at.increment(gone)) {
    if (at->path().extension() != ".log") continue;
    std::error_code there_already;
    fs::create_hard_link(at->path(), archive / at->path().filename(), there_already);
  }
}

}  // namespace bench
