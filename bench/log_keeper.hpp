#pragma once

#include <filesystem>
#include <thread>

namespace bench {

/// While it lives, the log files of an open store are kept when RocksDB deletes them: each gets a
/// second name in the directory's `archive`, where RocksDB itself looks for old ones.
class log_keeper {
public:
  explicit log_keeper(std::filesystem::path directory);
  log_keeper(const log_keeper&) = delete;
  log_keeper& operator=(const log_keeper&) = delete;

private:
  void keep_all();

  std::filesystem::path directory_;
  std::jthread thread_;
};

}  // namespace bench
