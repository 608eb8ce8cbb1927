// A runtime in a static object, which is asked for something when main's thread has put its own
// things away; with the word `disk` its store is one on disk.
#include "support/temporary_directory.hpp"
#include <fsm/runtime.hpp>
#ifdef FSM_HAS_ROCKSDB
#include <fsm/rocksdb.hpp>
#endif

#include <cstdlib>
#include <iostream>
#include <string_view>

namespace {

const fsm::testing::temporary_directory folder;
bool on_disk = false;

fsm::runtime start() {
  fsm::options how;
#ifdef FSM_HAS_ROCKSDB
  if (on_disk) how.store = fsm::rocksdb_store(folder.path());
#endif
  auto started = fsm::runtime::start(how);
  if (started) return *std::move(started);
  std::cerr << started.error().message << std::endl;
  std::exit(1);
}

fsm::runtime& functions() {
  static fsm::runtime all = start();
  return all;
}

struct last_words {
  ~last_words() {
    const auto found = functions().update({.name = "f", .document = "two"});
    if (found) return;
    std::cerr << found.error().message << std::endl;
    std::_Exit(1);
  }
};

}  // namespace

int main(int count, char** words) {
  on_disk = count > 1 && words[1] == std::string_view{"disk"};
  if (!functions().create({.name = "f", .document = "one"})) return 1;
  static const last_words before_the_runtime_ends;
}
