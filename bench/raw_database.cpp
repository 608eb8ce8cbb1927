#include "raw_database.hpp"

#include <fsm/rocksdb.hpp>

#include <stdexcept>
#include <string>

namespace bench {

fsm::rocks::database open_raw(const std::filesystem::path& directory) {
  fsm::rocksdb_options how;
  how.directory = directory;
  auto opened = fsm::rocks::open_database(how, nullptr, nullptr);
  if (!opened) throw std::runtime_error{opened.error().message};
  return *std::move(opened);
}

void require_ok(const rocksdb::Status& how, std::string_view what) {
  if (!how.ok()) throw std::runtime_error{std::string{what} + ": " + how.ToString()};
}

}  // namespace bench
