#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace bench {

/// While it lives, one line on stderr says how far a stage is. Does nothing when stderr is not a
/// terminal.
class progress_line {
public:
  /// `share` gives what is done, 0 to 1; it is called on another thread, five times a second.
  progress_line(std::string label, std::function<double()> share);
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  ~progress_line();

private:
  void show(const std::string& label, const std::function<double()>& share);

  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::thread thread_;
};

/// A share that grows with the time, from now on.
[[nodiscard]] std::function<double()> share_of_time(double seconds);

}  // namespace bench
