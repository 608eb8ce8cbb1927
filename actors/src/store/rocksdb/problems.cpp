#include "problems.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>

namespace fsm::rocks {

namespace {

constexpr std::string_view restore_a_copy = "restore a checkpoint or a backup of the directory";

struct known_problem {
  std::string_view sign;  // In RocksDB's words.
  errc code;
  std::string_view remedy;
};

// The first that fits.
constexpr auto known_problems = std::to_array<known_problem>({
    {"lock hold by current process", errc::invalid_argument,
     "this process has it open already; a directory belongs to one store at a time"},
    {"While lock file", errc::invalid_argument,
     "another process has it open; stop that process or choose another directory"},
    {"No space left", errc::invalid_argument, "the disk is full; make room and start again"},
    {"Disk quota exceeded", errc::invalid_argument,
     "the disk quota is used up; make room and start again"},
    {"Read-only file system", errc::invalid_argument,
     "it is on a read-only file system; mount it for writing or choose another directory"},
    {"Permission denied", errc::invalid_argument,
     "the process may not write there; give it the right or choose another directory"},
    {"Operation not permitted", errc::invalid_argument,
     "the process may not write there; give it the right or choose another directory"},
    {"Not a directory", errc::invalid_argument, "choose a directory"},
    {"Too many open files", errc::invalid_argument,
     "raise the process's limit of open files (ulimit -n)"},
    {"No such file or directory", errc::internal, restore_a_copy},
    {"Input/output error", errc::internal,
     "the disk has failed; check it, then restore a checkpoint "
     "or a backup if files are damaged"},
});

std::string_view remedy_for(const rocksdb::Status& why) {
  return why.IsCorruption() || why.IsPathNotFound() ? restore_a_copy
                                                    : "check the disk, then start again";
}

/// RocksDB's words. When a table is missing it also looks for one with the ending it had ten years
/// ago, and names that.
std::string words_of(const rocksdb::Status& why) {
  std::string words = why.ToString();
  constexpr std::string_view old_ending = ".ldb";
  for (std::size_t at = 0; (at = words.find(old_ending, at)) != std::string::npos;)
    words.replace(at, old_ending.size(), ".sst");
  return words;
}

}  // namespace

error problem(const std::string& directory, std::string_view doing, const rocksdb::Status& why) {
  const std::string words = words_of(why);
  for (const known_problem& p : known_problems) {
    if (words.find(p.sign) != std::string::npos && !why.IsCorruption()) {
      return {p.code, fmt::format("the store in {} cannot be {}: {} ({})", directory, doing, words,
                                  p.remedy)};
    }
  }
  return {errc::internal, fmt::format("the store in {} cannot be {}: {} ({})", directory, doing,
                                      words, remedy_for(why))};
}

error damaged(const std::string& directory, std::string_view what) {
  return {errc::internal,
          fmt::format("the store in {} is damaged: {} ({})", directory, what, restore_a_copy)};
}

}  // namespace fsm::rocks
