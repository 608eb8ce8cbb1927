#include "store/rocksdb/log_file.hpp"
#include "support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

using fsm::rocks::log_file;

namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace

TEST_CASE("RocksDB's warnings are kept, line by line, and nothing less", "[rocksdb]") {
  const fsm::testing::temporary_directory where;
  log_file log{where.path().string()};
  CHECK(std::filesystem::is_empty(where.path()));
  rocksdb::Warn(&log, "a file of %d bytes\n", 7);
  rocksdb::Info(&log, "not worth it");
  rocksdb::Error(&log, "%s", "failed");
  const std::string kept = text_of(where.path() / "LOG");
  CHECK_THAT(kept, Catch::Matchers::Matches("[^\n]+ \\[WARN\\] [^\n]*a file of 7 bytes\n"
                                            "[^\n]+ \\[ERROR\\] [^\n]*failed\n"));
}

TEST_CASE("The log of RocksDB is bounded, and the one before is kept", "[rocksdb]") {
  const fsm::testing::temporary_directory where;
  log_file log{where.path().string()};
  const std::string line(3000, 'x');
  for (int i = 0; i < 3000; ++i) rocksdb::Warn(&log, "%d %s", i, line.c_str());
  const auto size = std::filesystem::file_size(where.path() / "LOG");
  const auto before = std::filesystem::file_size(where.path() / "LOG.before");
  CHECK(before <= std::size_t{4} << 20U);
  CHECK(before > std::size_t{3} << 20U);
  CHECK(size <= std::size_t{4} << 20U);
  CHECK(text_of(where.path() / "LOG").find("2999 xxx") != std::string::npos);
}

TEST_CASE("A log that cannot be written is done without", "[rocksdb]") {
  const fsm::testing::temporary_directory where;
  log_file log{(where.path() / "missing").string()};
  for (int i = 0; i < 3; ++i) rocksdb::Warn(&log, "%d", i);
  CHECK(std::filesystem::is_empty(where.path()));
}
