#include "fuzz.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

// fuzz_replay TARGET FILE|FOLDER...: gives a target what is in the files, without libFuzzer. So
// what was found once stays mended, and the targets do not rot where nobody fuzzes.

namespace {

struct target {
  const char* name;
  void (*run)(std::string_view input);
};

constexpr target targets[] = {
    {"names", fsm::fuzz::names},
    {"stored", fsm::fuzz::stored},
    {"runtime_calls", fsm::fuzz::runtime_calls},
#ifdef FSM_FUZZ_ROCKSDB
    {"rocksdb_values", fsm::fuzz::rocksdb_values},
    {"rocksdb_marks", fsm::fuzz::rocksdb_marks},
#endif
#ifdef FSM_FUZZ_PLATFORM
    {"chunked_body", fsm::fuzz::chunked_body},
    {"http_session", fsm::fuzz::http_session},
    {"platform_records", fsm::fuzz::platform_records},
    {"signature", fsm::fuzz::signature},
    {"wire_requests", fsm::fuzz::wire_requests},
    {"wire_texts", fsm::fuzz::wire_texts},
    {"world_file", fsm::fuzz::world_file},
    {"zip_check", fsm::fuzz::zip_check},
#endif
};

std::vector<std::filesystem::path> files_below(const std::filesystem::path& where) {
  if (!std::filesystem::is_directory(where)) return {where};
  std::vector<std::filesystem::path> found;
  for (const auto& each : std::filesystem::recursive_directory_iterator{where}) {
    if (each.is_regular_file()) found.push_back(each.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool holds(const target& which, const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  // As large as the input, so that a sanitizer sees who reads beyond it.
  const std::unique_ptr<char[]> bytes{new char[text.size()]};
  std::copy(text.begin(), text.end(), bytes.get());
  try {
    which.run({bytes.get(), text.size()});
    return true;
  } catch (const std::exception& found) {
    std::fprintf(stderr, "%s: %s: %s\n", which.name, file.c_str(), found.what());
    return false;
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> given{arguments + 1, arguments + count};
  const auto* which = std::find_if(
      std::begin(targets), std::end(targets),
      [&given](const target& each) { return !given.empty() && given.front() == each.name; });
  if (which == std::end(targets) || given.size() < 2) {
    std::fprintf(stderr, "usage: fuzz_replay TARGET FILE|FOLDER...; the targets are:\n");
    for (const target& each : targets) std::fprintf(stderr, "  %s\n", each.name);
    return 2;
  }
  std::size_t inputs = 0;
  std::size_t broken = 0;
  for (std::size_t i = 1; i < given.size(); ++i) {
    for (const auto& file : files_below(given[i])) {
      ++inputs;
      if (!holds(*which, file)) ++broken;
    }
  }
  std::printf("%s: %zu inputs, %zu of them broken\n", which->name, inputs, broken);
  return inputs != 0 && broken == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
