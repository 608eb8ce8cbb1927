#pragma once

#include <array>
#include <functional>
#include <mutex>
#include <string>

namespace platform::wire {

/// Keeps operations that change several things of one function, or of the account, apart: one after
/// the other. Any thread that may wait.
class function_locks {
public:
  [[nodiscard]] std::unique_lock<std::mutex> take(const std::string& function) {
    return std::unique_lock{locks_[std::hash<std::string>{}(function) % locks_.size()]};
  }
  /// For what all functions share. Taken last, and held shortly.
  [[nodiscard]] std::unique_lock<std::mutex> take_account() { return std::unique_lock{account_}; }

private:
  // Functions that share one only wait for each other.
  std::array<std::mutex, 256> locks_;
  std::mutex account_;
};

}  // namespace platform::wire
