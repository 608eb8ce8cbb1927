#include "store_conformance.hpp"
#include "support/temporary_directory.hpp"
#include <fsm/rocksdb.hpp>

#include <catch2/matchers/catch_matchers_string.hpp>
#include <rocksdb/db.h>

#include <fstream>

namespace conformance = fsm::testing::store_conformance;
using namespace fsm::testing;
using Catch::Matchers::ContainsSubstring;
using fsm::errc;
namespace pairs = fsm::pairs;

namespace {

fsm::error refusal(fsm::rocksdb_options how) {
  const auto opened = fsm::rocksdb_store(std::move(how))->open();
  REQUIRE_FALSE(opened.has_value());
  return opened.error();
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream{path} << text;
}

/// A store with one function.
void fill(const std::filesystem::path& directory) {
  conformance::bench b{[&](std::size_t) { return fsm::rocksdb_store(directory); }};
  b.create(1, "f");
}

}  // namespace

TEST_CASE("a directory belongs to one store at a time", "[store]") {
  const temporary_directory directory;
  const auto first = fsm::rocksdb_store(directory.path());
  REQUIRE(first->open().has_value());
  const fsm::error why = refusal({.directory = directory.path()});
  CHECK(why.code == errc::invalid_argument);
  CHECK_THAT(why.message, ContainsSubstring(directory.path().string()));
  CHECK_THAT(why.message, ContainsSubstring("one store at a time"));
}

TEST_CASE("options out of range are refused by name, and nothing is made", "[store]") {
  const temporary_directory parent;
  const auto directory = parent.path() / "data";
  CHECK_THAT(refusal({.directory = directory, .history_max = 0}).message,
             ContainsSubstring("history_max: 0"));
  CHECK_THAT(refusal({.directory = directory, .history_max = 121}).message,
             ContainsSubstring("history_max: 121"));
  CHECK_THAT(refusal({.directory = directory, .event_log_bytes = 1000}).message,
             ContainsSubstring("event_log_bytes: 1000"));
  CHECK_THAT(refusal({.directory = ""}).message, ContainsSubstring("directory: ''"));
  CHECK_FALSE(std::filesystem::exists(directory));
}

TEST_CASE("a directory is made, but not its parents", "[store]") {
  const temporary_directory parent;
  const fsm::error why = refusal({.directory = parent.path() / "a" / "b"});
  CHECK(why.code == errc::invalid_argument);
  CHECK_THAT(why.message, ContainsSubstring((parent.path() / "a").string()));
  CHECK_FALSE(std::filesystem::exists(parent.path() / "a"));
  fill(parent.path() / "a");
  CHECK(std::filesystem::exists(parent.path() / "a" / "CURRENT"));
}

TEST_CASE("what is no store is left alone", "[store]") {
  const temporary_directory parent;
  write_file(parent.path() / "file", "mine");
  fsm::error why = refusal({.directory = parent.path() / "file"});
  CHECK(why.code == errc::invalid_argument);
  CHECK_THAT(why.message, ContainsSubstring("is not a directory"));

  std::filesystem::create_directory(parent.path() / "other");
  write_file(parent.path() / "other" / "letter.txt", "mine");
  why = refusal({.directory = parent.path() / "other"});
  CHECK(why.code == errc::invalid_argument);
  CHECK_THAT(why.message, ContainsSubstring("holds other files"));
  CHECK(std::distance(std::filesystem::directory_iterator{parent.path() / "other"}, {}) == 1);
}

TEST_CASE("a database of somebody else's is refused and left as it is", "[store]") {
  const temporary_directory directory;
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  REQUIRE(rocksdb::DB::Open(options, directory.path().string(), &db).ok());
  REQUIRE(db->Put({}, "mine", "kept").ok());
  delete db;
  const fsm::error why = refusal({.directory = directory.path()});
  CHECK(why.code == errc::invalid_argument);
  CHECK_THAT(why.message, ContainsSubstring("no store of libfsm's"));
  // It would not open if families had been added.
  REQUIRE(rocksdb::DB::Open(options, directory.path().string(), &db).ok());
  delete db;
}

TEST_CASE("a store whose CURRENT is gone is not taken for a new one", "[store]") {
  const temporary_directory directory;
  fill(directory.path());
  std::filesystem::remove(directory.path() / "CURRENT");
  const fsm::error why = refusal({.directory = directory.path()});
  CHECK(why.code == errc::internal);
  CHECK_THAT(why.message, ContainsSubstring("CURRENT is missing"));
  CHECK_THAT(why.message, ContainsSubstring("checkpoint"));
}

TEST_CASE("a start that was interrupted before there was a store is begun again", "[store]") {
  const temporary_directory directory;
  write_file(directory.path() / "LOCK", "");
  write_file(directory.path() / "LOG", "x");
  write_file(directory.path() / "MANIFEST-000001", "half");
  write_file(directory.path() / "000001.dbtmp", "MANI");
  fill(directory.path());
}

TEST_CASE("a log that lost acknowledged transitions is refused", "[store]") {
  const temporary_directory directory;
  const auto copy = directory.path() / "copy";
  const auto data = directory.path() / "data";
  fill(data);
  std::filesystem::copy(data, copy, std::filesystem::copy_options::recursive);
  {
    conformance::bench b{[&](std::size_t) { return fsm::rocksdb_store(data); }};
    b.put(b.make(2, "g", pairs::absent, pairs::creating));
  }
  // An older state of all files but the mark.
  std::filesystem::copy_file(data / "ACKNOWLEDGED", copy / "ACKNOWLEDGED",
                             std::filesystem::copy_options::overwrite_existing);
  const fsm::error why = refusal({.directory = copy});
  CHECK(why.code == errc::internal);
  CHECK_THAT(why.message, ContainsSubstring("ends at transition 1, but 2 were acknowledged"));
  CHECK_THAT(why.message, ContainsSubstring("remove the file ACKNOWLEDGED"));
  std::filesystem::remove(copy / "ACKNOWLEDGED");
  CHECK(fsm::rocksdb_store(copy)->open()->last_sequence == 1);
}

TEST_CASE("a store whose directory is removed or replaced under it acknowledges nothing more",
          "[store]") {
  const bool replaced = GENERATE(false, true);
  const temporary_directory parent;
  const auto data = parent.path() / "data";
  const auto another = parent.path() / "another";
  fill(another);
  conformance::bench b{[&](std::size_t) { return fsm::rocksdb_store(data); }};
  b.create(1, "f");
  std::filesystem::rename(data, parent.path() / "elsewhere");
  if (replaced) std::filesystem::rename(another, data);
  const auto refused = b.commit({b.make(2, "g", pairs::absent, pairs::creating)});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == errc::outcome_unknown);
  CHECK_THAT(refused.error().message, ContainsSubstring("removed or replaced"));
  CHECK_FALSE(b.commit({b.make(3, "h", pairs::absent, pairs::creating)}).has_value());
  CHECK(b.names("", "", 10).front() == "f");
}

TEST_CASE("the number of transitions kept per function is laid down with the store", "[store]") {
  const temporary_directory directory;
  fill(directory.path());
  const fsm::error why = refusal({.directory = directory.path(), .history_max = 4});
  CHECK(why.code == errc::invalid_argument);
  CHECK_THAT(why.message, ContainsSubstring("history_max: 4"));
  CHECK_THAT(why.message, ContainsSubstring("16"));
}

TEST_CASE("marks that are not whole say nothing, and are made anew", "[store]") {
  const std::string name = GENERATE("ACKNOWLEDGED", "MANIFEST-SIZE");
  const std::string blank(20, '0');
  const std::string boot(36, 'x');
  for (const std::string& text : {std::string{}, std::string{"short"}, std::string(200, 'x'),
                                  blank + " " + blank + " " + boot + "x",
                                  std::string(20, 'x') + " " + blank + " " + boot + "\n",
                                  blank + " " + std::string(20, 'x') + " " + boot + "\n",
                                  "MANIFEST-" + blank + " " + std::string(20, 'x') + "\n",
                                  "MANIFEST-" + std::string(20, 'x') + " " + blank + "\n",
                                  "MANIFEST-" + std::string(20, '9') + " " + blank + "\n",
                                  "MANIFEST-" + blank + " " + blank + "\n"}) {
    INFO(name << ": " << text);
    const temporary_directory directory;
    fill(directory.path());
    write_file(directory.path() / name, text);
    CHECK(fsm::rocksdb_store(directory.path())->open().has_value());
    std::string again;
    std::getline(std::ifstream{directory.path() / name}, again);
    CHECK(again != text.substr(0, text.find('\n')));
  }
}

TEST_CASE("a mark that cannot be written is no start", "[store]") {
  const temporary_directory directory;
  fill(directory.path());
  std::filesystem::remove(directory.path() / "ACKNOWLEDGED");
  std::filesystem::create_directory(directory.path() / "ACKNOWLEDGED");
  CHECK_THAT(refusal({.directory = directory.path()}).message, ContainsSubstring("ACKNOWLEDGED"));
}
