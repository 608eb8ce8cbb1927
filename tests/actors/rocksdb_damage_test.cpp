#include "support/counting_reader.hpp"
#include "support/recorded_run.hpp"
#include "support/temporary_directory.hpp"
#include <fsm/rocksdb.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <rocksdb/env.h>
#include <store/rocksdb/internal.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

// Files that were damaged, cut short, removed or made unreadable: what was acknowledged is there,
// or a clear error is.

namespace fs = std::filesystem;
using namespace fsm::testing;
using Catch::Matchers::ContainsSubstring;
using fsm::errc;

namespace {

const recorded_run& run() {
  static const recorded_run made = [] {
    recorded_run all = recorded_run::make(6, 60);
    // To its last transition: what was acknowledged without one may be lost.
    while (all.batches.back().changes.empty()) {
      all.batches.pop_back();
      all.states.pop_back();
    }
    return all;
  }();
  return made;
}

std::shared_ptr<fsm::store> make(const fs::path& directory) {
  return fsm::rocksdb_store({.directory = directory, .history_max = run().history_max});
}

void play(const fs::path& directory, std::size_t from, std::size_t to) {
  const auto store = make(directory);
  const auto opened = store->open();
  REQUIRE(opened.has_value());
  static_cast<void>(store_state::of(*store, *opened));
  for (std::size_t n = from; n < to; ++n)
    REQUIRE(commit(*store, run().batches[n], opened->epoch).has_value());
}

// A closed store with half of the run in tables and half in the log. Not to be changed.
const fs::path& sound_store() {
  static const temporary_directory scratch;
  static const fs::path made = [] {
    const fs::path directory = scratch.path() / "db";
    const std::size_t half = run().batches.size() / 2;
    play(directory, 0, half);
    play(directory, half, run().batches.size());
    return directory;
  }();
  return made;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}
void write_bytes(const fs::path& path, const std::string& bytes) {
  std::ofstream{path, std::ios::binary} << bytes;
}

// The files of a store whose names have `part` in them, largest first.
std::vector<fs::path> files_of(const fs::path& directory, const std::string& part = "") {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator{directory}) {
    const std::string name = entry.path().filename();
    // What RocksDB writes for people.
    if (entry.is_regular_file() && !name.starts_with("LOG") && name.find(part) != std::string::npos)
      found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
    return std::pair{fs::file_size(b), a} < std::pair{fs::file_size(a), b};
  });
  return found;
}

// A copy of the sound store that can be damaged.
class copied {
public:
  copied() { fs::copy(sound_store(), directory()); }
  [[nodiscard]] fs::path directory() const { return scratch_.path() / "db"; }
  [[nodiscard]] fs::path file(const std::string& part) const {
    const auto found = files_of(directory(), part);
    REQUIRE_FALSE(found.empty());
    return found.front();
  }
  void flip(const fs::path& which, std::size_t at) const {
    std::string bytes = bytes_of(which);
    REQUIRE(at < bytes.size());
    bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
    write_bytes(which, bytes);
  }
  [[nodiscard]] fsm::error refusal() const {
    const auto opened = make(directory())->open();
    REQUIRE_FALSE(opened.has_value());
    check_clear(opened.error().message);
    return opened.error();
  }
  // Says where, what, and what to do.
  void check_clear(const std::string& message) const {
    CHECK_THAT(message, ContainsSubstring(directory().string()));
    const bool has_remedy = message.find(" (") != std::string::npos ||
                            message.find("; ") != std::string::npos ||
                            message.find(": use that version") != std::string::npos;
    INFO(message);
    CHECK(has_remedy);
  }
  // Opens and reads all of it. Everything is there, or an error says what is wrong.
  void check_all_or_error() const {
    const auto store = make(directory());
    const auto opened = store->open();
    if (!opened) return check_clear(opened.error().message);
    try {
      const store_state found = store_state::of(*store, *opened);
      const store_state& model = run().states.back();
      INFO(found.difference(model));
      CHECK(found.agrees_with(model));
    } catch (const std::exception& problem) {
      check_clear(problem.what());
    }
  }

private:
  temporary_directory scratch_;
};

// Bytes of a file of `size` to look at: all ends, and some between.
std::vector<std::size_t> places(std::size_t size, std::size_t count) {
  std::vector<std::size_t> some{0, 1, size - 1};
  if (size > 60) some.insert(some.end(), {size - 8, size - 20, size - 53});
  for (std::size_t i = 1; i < count; ++i) some.push_back(size * i / count);
  std::erase_if(some, [size](std::size_t at) { return at >= size; });
  return some;
}

constexpr auto reading = static_cast<fs::perms>(0555);

// Runs `act` as a user who is not root. Only this thread: others are RocksDB's and idle.
void as_nobody(const std::function<void()>& act) {
  constexpr uid_t nobody = 65'534;
  const bool is_root = ::geteuid() == 0;
  if (is_root) ::setfsuid(nobody);
  act();
  if (is_root) ::setfsuid(0);
}

}  // namespace

TEST_CASE("a sound store is opened, and has everything", "[damage]") {
  CHECK(files_of(sound_store(), ".log").size() == 1);
  CHECK(files_of(sound_store(), ".sst").size() > 3);
  const copied store;
  const auto opened = make(store.directory())->open();
  REQUIRE(opened.has_value());
  CHECK(opened->last_sequence == run().states.back().last_sequence);
  store.check_all_or_error();
}

TEST_CASE("a flipped byte anywhere is an error, or changes nothing", "[damage]") {
  for (const fs::path& path : files_of(sound_store())) {
    for (const std::size_t at : places(fs::file_size(path), 24)) {
      INFO("byte " << at << " of " << path.filename() << " (" << fs::file_size(path) << ")");
      const copied store;
      store.flip(store.directory() / path.filename(), at);
      store.check_all_or_error();
    }
  }
}

TEST_CASE("a file that is cut short anywhere is an error, or changes nothing", "[damage]") {
  for (const fs::path& path : files_of(sound_store())) {
    for (const std::size_t at : places(fs::file_size(path), 16)) {
      INFO(path.filename() << " cut to " << at << " of " << fs::file_size(path));
      const copied store;
      fs::resize_file(store.directory() / path.filename(), at);
      store.check_all_or_error();
    }
  }
}

// RocksDB takes a MANIFEST that ends with a whole record for a sound one, and forgets the tables
// that came later.
TEST_CASE("a MANIFEST that is cut short anywhere is refused by name", "[damage]") {
  const fs::path path = files_of(sound_store(), "MANIFEST-0").front();
  for (const std::size_t at : places(fs::file_size(path), 32)) {
    INFO(path.filename() << " cut to " << at << " of " << fs::file_size(path));
    const copied store;
    fs::resize_file(store.directory() / path.filename(), at);
    CHECK_THAT(store.refusal().message, ContainsSubstring(path.filename().string()));
  }
}

TEST_CASE("a file that is missing is an error, or changes nothing", "[damage]") {
  for (const fs::path& path : files_of(sound_store())) {
    INFO(path.filename());
    const copied store;
    fs::remove(store.directory() / path.filename());
    store.check_all_or_error();
  }
}

TEST_CASE("a file that is a directory is an error, or changes nothing", "[damage]") {
  for (const fs::path& path : files_of(sound_store())) {
    INFO(path.filename());
    const copied store;
    fs::remove(store.directory() / path.filename());
    fs::create_directory(store.directory() / path.filename());
    store.check_all_or_error();
  }
}

TEST_CASE("files that are filled with other bytes are an error, or change nothing", "[damage]") {
  const char filling = GENERATE('\0', '\xFF', 'x');
  for (const fs::path& path : files_of(sound_store())) {
    INFO(path.filename() << " filled with " << static_cast<int>(filling));
    const copied store;
    write_bytes(store.directory() / path.filename(), std::string(fs::file_size(path), filling));
    store.check_all_or_error();
  }
}

TEST_CASE_METHOD(copied, "a log with a flipped byte in its middle is refused", "[damage]") {
  const fs::path log = file(".log");
  flip(log, fs::file_size(log) / 2);
  CHECK(refusal().code == errc::internal);
  CHECK_THAT(refusal().message, ContainsSubstring(log.filename().string()));
  CHECK_THAT(refusal().message, ContainsSubstring("checkpoint"));
}

TEST_CASE_METHOD(copied, "so is it when nobody knows any more what was acknowledged", "[damage]") {
  const fs::path log = file(".log");
  flip(log, fs::file_size(log) / 2);
  fs::remove(directory() / "ACKNOWLEDGED");
  CHECK(refusal().code == errc::internal);
  CHECK_THAT(refusal().message, ContainsSubstring(log.filename().string()));
}

TEST_CASE("a log that is cut below what was acknowledged is refused", "[damage]") {
  const std::size_t size = fs::file_size(files_of(sound_store(), ".log").front());
  for (const std::size_t length : {size - 1, size - 100, size / 2, std::size_t{100}}) {
    INFO(length << " of " << size);
    const copied store;
    fs::resize_file(store.file(".log"), length);
    for (int i = 0; i < 2; ++i) {  // Being refused changes nothing.
      const fsm::error why = store.refusal();
      CHECK(why.code == errc::internal);
      CHECK_THAT(why.message, ContainsSubstring("were acknowledged"));
    }
  }
}

TEST_CASE_METHOD(copied, "a table that is missing or cut short is named", "[damage]") {
  const fs::path table = file(".sst");
  const bool missing = GENERATE(true, false);
  if (missing) {
    fs::remove(table);
  } else {
    fs::resize_file(table, fs::file_size(table) / 2);
  }
  const fsm::error why = refusal();
  CHECK(why.code == errc::internal);
  CHECK_THAT(why.message, ContainsSubstring(table.filename().string()));
  CHECK_THAT(why.message, ContainsSubstring("restore a checkpoint or a backup"));
}

TEST_CASE_METHOD(copied, "a MANIFEST that is missing or damaged is named", "[damage]") {
  const fs::path manifest = file("MANIFEST-0");
  const bool missing = GENERATE(true, false);
  if (missing) {
    fs::remove(manifest);
  } else {
    flip(manifest, fs::file_size(manifest) / 2);
  }
  CHECK_THAT(refusal().message, ContainsSubstring(manifest.filename().string()));
  CHECK_THAT(refusal().message, ContainsSubstring("restore a checkpoint or a backup"));
}

TEST_CASE_METHOD(copied, "a CURRENT that names nothing is named", "[damage]") {
  write_bytes(directory() / "CURRENT", GENERATE("", "MANIFEST-", "MANIFEST-999999\n", "\n"));
  CHECK_THAT(refusal().message,
             ContainsSubstring("CURRENT") || ContainsSubstring("MANIFEST-999999"));
  CHECK_THAT(refusal().message, ContainsSubstring("restore a checkpoint or a backup"));
}

TEST_CASE_METHOD(copied, "a store of a newer version is refused, and left as it is", "[damage]") {
  const auto open_as = [this](std::uint32_t version) {
    return fsm::rocks::make_store(
               {.directory = directory(), .history_max = run().history_max},
               {.schema_version = version,
                .upgrades = {{.from = fsm::rocks::schema_version,
                              .run = [](auto&) { return fsm::expected<void>{}; }}}})
        ->open();
  };
  constexpr auto newer = fsm::rocks::schema_version + 1;
  REQUIRE(open_as(newer).has_value());
  const fsm::error why = refusal();
  CHECK(why.code == errc::internal);
  CHECK_THAT(why.message, ContainsSubstring("newer version"));
  CHECK_THAT(why.message, ContainsSubstring("schema version 3"));
  CHECK(open_as(newer)->last_sequence == run().states.back().last_sequence);
}

TEST_CASE_METHOD(copied, "a directory that may not be written is refused with the reason",
                 "[damage]") {
  // The way to it has to be open for everybody.
  fs::permissions(directory().parent_path(), fs::perms::all);
  fs::permissions(directory(), reading);
  std::optional<fsm::error> why;
  as_nobody([&] { why = refusal(); });
  fs::permissions(directory(), fs::perms::owner_all);
  CHECK(why->code == errc::invalid_argument);
  CHECK_THAT(why->message, ContainsSubstring("Permission denied"));
  CHECK_THAT(why->message, ContainsSubstring("give it the right"));
}

TEST_CASE_METHOD(copied, "files that may not be read are refused by name", "[damage]") {
  fs::permissions(directory().parent_path(), fs::perms::all);
  fs::permissions(directory(), fs::perms::all);
  const std::string which = GENERATE("CURRENT", "MANIFEST-0", ".log");
  const fs::path one = file(which);
  fs::permissions(one, fs::perms::none);
  std::optional<fsm::error> why;
  as_nobody([&] { why = refusal(); });
  CHECK(why->code == errc::invalid_argument);
  CHECK_THAT(why->message, ContainsSubstring("Permission denied"));
  CHECK_THAT(why->message, ContainsSubstring(directory().string()));
}

TEST_CASE_METHOD(copied, "a directory that may not be read is refused with the reason",
                 "[damage]") {
  fs::permissions(directory().parent_path(), fs::perms::all);
  fs::permissions(directory(), fs::perms::none);
  std::optional<fsm::error> why;
  as_nobody([&] { why = refusal(); });
  fs::permissions(directory(), fs::perms::owner_all);
  CHECK(why->code == errc::invalid_argument);
  CHECK_THAT(why->message, ContainsSubstring("ermission"));
}

TEST_CASE("a directory that cannot be made is refused with the reason", "[damage]") {
  const temporary_directory parent;
  fs::permissions(parent.path(), reading);
  std::optional<fsm::expected<fsm::store::opened>> opened;
  as_nobody([&] { opened = make(parent.path() / "db")->open(); });
  fs::permissions(parent.path(), fs::perms::owner_all);
  REQUIRE_FALSE(opened->has_value());
  CHECK(opened->error().code == errc::invalid_argument);
  CHECK_THAT(opened->error().message, ContainsSubstring((parent.path() / "db").string()));
  CHECK_THAT(opened->error().message, ContainsSubstring("Permission denied"));
}

TEST_CASE("a store on a file system that is read-only is refused with the reason", "[damage]") {
  // The kernel's own.
  const auto opened = make("/proc/self/store")->open();
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().code == errc::invalid_argument);
  CHECK_THAT(opened.error().message, ContainsSubstring("/proc/self/store"));
}

TEST_CASE("damage is an error for who reads a store from outside, or changes nothing", "[damage]") {
  counting_reader sound;
  REQUIRE(fsm::read_rocksdb_store(sound_store(), sound).has_value());
  CHECK(sound.functions > 3);
  for (const fs::path& path : files_of(sound_store())) {
    for (const std::size_t at : places(fs::file_size(path), 8)) {
      for (const bool cut : {true, false}) {
        INFO((cut ? "cut at " : "flipped at ") << at << " of " << path.filename());
        const copied store;
        if (cut) {
          fs::resize_file(store.directory() / path.filename(), at);
        } else {
          store.flip(store.directory() / path.filename(), at);
        }
        counting_reader found;
        const auto read = fsm::read_rocksdb_store(store.directory(), found);
        if (!read) {
          store.check_clear(read.error().message);
        } else {
          CHECK((found.functions == sound.functions || path.extension() == ".log"));
        }
      }
    }
  }
}

TEST_CASE("a store can be read from outside while its files come and go", "[damage]") {
  const copied store;
  std::atomic<bool> ended{false};
  std::size_t failed_starts = 0;
  // Each start writes what is in the log to tables, and removes files.
  std::thread starting{[&] {
    for (int i = 0; i < 150; ++i) {
      const auto again = make(store.directory());
      const auto opened = again->open();
      if (!opened || !commit(*again, {.changes = {}, .notes = {}, .at = {}}, opened->epoch))
        ++failed_starts;
    }
    ended = true;
  }};
  counting_reader sound;
  CHECK(fsm::read_rocksdb_store(sound_store(), sound).has_value());
  std::size_t readings = 0;
  do {
    counting_reader found;
    const auto read = fsm::read_rocksdb_store(store.directory(), found);
    INFO((read ? "" : read.error().message));
    CHECK(read.has_value());
    if (read) CHECK(found.functions == sound.functions);
    ++readings;
  } while (!ended);
  starting.join();
  CHECK(failed_starts == 0);
  CHECK(readings > 5);
}
