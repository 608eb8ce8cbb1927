#include <fsm/rocksdb.hpp>
#include <fsm/runtime.hpp>

#include <filesystem>
#include <iostream>

namespace {

/// One process after the other on the same directory.
bool live(const std::filesystem::path& directory, bool is_first) {
  auto runtime = fsm::runtime::start({.store = fsm::rocksdb_store(directory)});
  if (!runtime) {
    std::cerr << runtime.error().message << '\n';
    return false;
  }
  if (is_first && !runtime->create({.name = "resize", .document = "a document"})) return false;
  const auto active = runtime->wait("resize", fsm::active, std::chrono::seconds{10});
  return active && runtime->get("resize")->document == "a document";
}

}  // namespace

int main(int /*argc*/, char** argv) {
  const std::filesystem::path directory = std::filesystem::path{argv[0]}.concat(".data");
  std::filesystem::remove_all(directory);
  const bool lasted = live(directory, true) && live(directory, false);
  std::filesystem::remove_all(directory);
  std::cout << (lasted ? "resize is still there\n" : "resize was lost\n");
  return lasted ? 0 : 1;
}
