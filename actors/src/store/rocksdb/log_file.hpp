#pragma once

#include <rocksdb/env.h>

#include <cstdarg>
#include <mutex>
#include <string>

namespace fsm::rocks {

/// RocksDB's warnings and errors, in the file LOG of its directory, which begins anew with the
/// first of them and with each 4 MiB; the one before is kept as LOG.before. Takes no notice of
/// errors: RocksDB's own logger, if RocksDB was built with assertions as Debian's is, ends the
/// process when it writes on after the disk was full.
class log_file final : public rocksdb::Logger {
public:
  explicit log_file(const std::string& directory);
  log_file(const log_file&) = delete;
  log_file& operator=(const log_file&) = delete;
  ~log_file() override;

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list values) override;
  /// Options and versions: they are in the OPTIONS files, too.
  void LogHeader(const char* /*format*/, va_list /*values*/) override {}

private:
  void begin();

  const std::string path_;
  std::mutex mutex_;
  bool has_begun_ = false;
  int file_ = -1;  // -1 = not open, and if it has begun: it could not be opened.
  std::size_t size_ = 0;
};

}  // namespace fsm::rocks
