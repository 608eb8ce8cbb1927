#include "faulty_file_system.hpp"

#include "temporary_directory.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

// The file system that the store's tests trust.

using namespace fsm::testing;
namespace fs = std::filesystem;

namespace {

std::string bytes_of(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// A directory under the file system's rule, and files in it by name.
class disk {
public:
  disk() {
    fs::create_directory(root());
    faulty = std::make_shared<faulty_file_system>(root());
  }

  [[nodiscard]] fs::path root() const { return scratch_.path() / "root"; }
  [[nodiscard]] fs::path beside(const std::string& name) const { return scratch_.path() / name; }
  [[nodiscard]] std::string in(const std::string& name) const { return (root() / name).string(); }
  [[nodiscard]] std::unique_ptr<rocksdb::FSWritableFile> create(const std::string& name) const {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    REQUIRE(faulty->NewWritableFile(in(name), {}, &file, nullptr).ok());
    return file;
  }
  static rocksdb::IOStatus append(rocksdb::FSWritableFile& to, const std::string& bytes) {
    return to.Append(bytes, {}, nullptr);
  }
  // A file whose bytes are synced; its entry is not.
  void put(const std::string& name, const std::string& bytes) const {
    const auto file = create(name);
    CHECK(append(*file, bytes).ok());
    CHECK(file->Sync({}, nullptr).ok());
    CHECK(file->Close({}, nullptr).ok());
  }
  void sync_directory(const std::string& name = ".") const {
    std::unique_ptr<rocksdb::FSDirectory> directory;
    REQUIRE(faulty->NewDirectory((root() / name).lexically_normal(), {}, &directory, nullptr).ok());
    CHECK(directory->Fsync({}, nullptr).ok());
  }
  void cut_and_restore(unsynced what = unsynced::lost, std::uint64_t seed = 0) const {
    faulty->cut_power();
    faulty->restore_power(what, seed);
  }
  [[nodiscard]] bool has(const std::string& name) const { return fs::exists(in(name)); }

  std::shared_ptr<faulty_file_system> faulty;

private:
  temporary_directory scratch_;
};

struct database {
  std::unique_ptr<rocksdb::Env> env;
  std::unique_ptr<rocksdb::DB> db;

  explicit database(const disk& on) : env{rocksdb::NewCompositeEnv(on.faulty)} {
    rocksdb::Options how;
    how.env = env.get();
    how.create_if_missing = true;
    rocksdb::DB* opened = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(how, on.in("db"), &opened);
    INFO(status.ToString());
    REQUIRE(status.ok());
    db.reset(opened);
  }
  rocksdb::Status put(const std::string& key, const std::string& value, bool sync) const {
    rocksdb::WriteOptions how;
    how.sync = sync;
    return db->Put(how, key, value);
  }
  [[nodiscard]] std::string get(const std::string& key) const {
    std::string value;
    return db->Get({}, key, &value).ok() ? value : "";
  }
};

}  // namespace

TEST_CASE_METHOD(disk, "a power cut takes what was not synced", "[faults]") {
  put("kept", "one");
  sync_directory();
  const auto file = create("tail");
  CHECK(append(*file, "synced").ok());
  CHECK(file->Sync({}, nullptr).ok());
  CHECK(append(*file, " and not").ok());
  CHECK(file->RangeSync(0, 14, {}, nullptr).ok());
  put("nameless", "two");
  SECTION("bytes") {
    sync_directory();
    cut_and_restore();
    CHECK(bytes_of(in("tail")) == "synced");
    CHECK(bytes_of(in("nameless")) == "two");
  }
  SECTION("entries") {
    cut_and_restore();
    CHECK_FALSE(has("tail"));
    CHECK_FALSE(has("nameless"));
  }
  CHECK(bytes_of(in("kept")) == "one");
}

TEST_CASE_METHOD(disk, "a power cut undoes changes of names that were not synced", "[faults]") {
  for (const std::string name : {"removed", "moved", "over", "emptied"}) put(name, name);
  sync_directory();
  CHECK(faulty->DeleteFile(in("removed"), {}, nullptr).ok());
  CHECK(faulty->RenameFile(in("moved"), in("over"), {}, nullptr).ok());
  CHECK(faulty->LinkFile(in("over"), in("linked"), {}, nullptr).ok());
  const auto file = create("emptied");
  CHECK_FALSE(has("removed"));
  CHECK(bytes_of(in("over")) == "moved");
  SECTION("undone") {
    cut_and_restore();
    for (const std::string name : {"removed", "moved", "over", "emptied"})
      CHECK(bytes_of(in(name)) == name);
    CHECK_FALSE(has("linked"));
  }
  SECTION("synced") {
    sync_directory();
    cut_and_restore();
    CHECK_FALSE(has("removed"));
    CHECK_FALSE(has("moved"));
    CHECK(bytes_of(in("over")) == "moved");
    CHECK(bytes_of(in("linked")) == "moved");
    CHECK(has("emptied"));
    CHECK(bytes_of(in("emptied")).empty());
  }
  SECTION("nothing is lost when only the process ends") {
    cut_and_restore(unsynced::kept);
    CHECK_FALSE(has("removed"));
    CHECK(bytes_of(in("over")) == "moved");
  }
}

TEST_CASE_METHOD(disk, "a directory lasts when the one above it was synced", "[faults]") {
  for (const std::string name : {"a", "b"}) {
    CHECK(faulty->CreateDir(in(name), {}, nullptr).ok());
    put(name + "/file", name);
    sync_directory(name);
    if (name == "a") sync_directory();
  }
  CHECK(faulty->RenameFile(in("a"), in("c"), {}, nullptr).ok());
  SECTION("before the new name was synced") {
    cut_and_restore();
    CHECK(bytes_of(in("a/file")) == "a");
    CHECK_FALSE(has("b"));
    CHECK_FALSE(has("c"));
  }
  SECTION("after it") {
    sync_directory();
    cut_and_restore();
    CHECK_FALSE(has("a"));
    CHECK(bytes_of(in("b/file")) == "b");
    CHECK(bytes_of(in("c/file")) == "a");
  }
}

TEST_CASE_METHOD(disk, "what a cut tears is any part of the tail, by seed", "[faults]") {
  const auto file = create("f");
  CHECK(append(*file, "12").ok());
  CHECK(file->Sync({}, nullptr).ok());
  sync_directory();
  CHECK(append(*file, "3456").ok());
  put("g", "entry");
  std::set<std::string> torn;
  std::set<bool> entries;
  for (std::uint64_t seed = 0; seed < 64; ++seed) {
    const fs::path to = beside("torn" + std::to_string(seed));
    faulty->copy_disk(to, unsynced::torn, seed);
    torn.insert(bytes_of(to / "f"));
    entries.insert(fs::exists(to / "g"));
    const fs::path again = beside("again" + std::to_string(seed));
    faulty->copy_disk(again, unsynced::torn, seed);
    CHECK(bytes_of(again / "f") == bytes_of(to / "f"));
    const fs::path zeroed = beside("zeroed" + std::to_string(seed));
    faulty->copy_disk(zeroed, unsynced::zeroed, seed);
    CHECK(bytes_of(zeroed / "f") ==
          bytes_of(to / "f") + std::string(6 - bytes_of(to / "f").size(), '\0'));
  }
  CHECK(torn == std::set<std::string>{"12", "123", "1234", "12345", "123456"});
  CHECK(entries == std::set<bool>{false, true});
}

TEST_CASE_METHOD(disk, "power is cut at the call that was chosen, before or after it", "[faults]") {
  const bool after = GENERATE(false, true);
  const auto file = create("f");
  sync_directory();
  faulty->plan({.what = after ? file_fault::power_cut_after : file_fault::power_cut_before,
                .at = file_call::sync,
                .files = "f",
                .nth = 2});
  for (int i = 0; i < 2; ++i) {
    CHECK(append(*file, "x").ok());
    CHECK(file->Sync({}, nullptr).ok() == (i == 0));
  }
  CHECK(faulty->power_is_cut());
  CHECK_FALSE(append(*file, "x").ok());
  CHECK_FALSE(faulty->FileExists(in("f"), {}, nullptr).ok());
  CHECK_FALSE(file->Close({}, nullptr).ok());
  faulty->restore_power();
  CHECK(bytes_of(in("f")) == (after ? "xx" : "x"));
  CHECK(faulty->FileExists(in("f"), {}, nullptr).ok());
}

TEST_CASE_METHOD(disk, "a call that was chosen fails, once or from then on", "[faults]") {
  const auto log = create("1.log");
  const auto other = create("1.sst");
  const bool lasting = GENERATE(false, true);
  faulty->plan({.what = file_fault::error,
                .at = file_call::write,
                .files = ".log",
                .nth = 2,
                .lasting = lasting});
  CHECK(append(*log, "a").ok());
  CHECK(append(*other, "a").ok());
  CHECK(append(*log, "b").IsIOError());
  CHECK(append(*log, "c").ok() != lasting);
  CHECK(append(*other, "b").ok());
  faulty->forgive();
  CHECK(append(*log, "d").ok());
  CHECK(bytes_of(in("1.log")) == (lasting ? "ad" : "acd"));
  CHECK(faulty->count(file_call::write, ".log") == 4);
  CHECK(faulty->last_calls(2) == "write 1.sst 1 bytes\nwrite 1.log 1 bytes\n");
}

TEST_CASE_METHOD(disk, "a write can be short, and the disk can be full", "[faults]") {
  const auto file = create("f");
  faulty->plan({.what = file_fault::half, .at = file_call::write});
  CHECK(append(*file, "abcd").IsIOError());
  CHECK(bytes_of(in("f")) == "ab");
  faulty->leave_space(3);
  CHECK(append(*file, "c").ok());
  const rocksdb::IOStatus full = append(*file, "defg");
  CHECK(full.IsNoSpace());
  CHECK(full.ToString().find("No space left on device") != std::string::npos);
  CHECK(bytes_of(in("f")) == "abcde");
  std::uint64_t left = 1;
  CHECK(faulty->GetFreeSpace(in("f"), {}, &left, nullptr).ok());
  CHECK(left == 0);
  faulty->forgive();
  CHECK(append(*file, "f").ok());
}

TEST_CASE_METHOD(disk, "reading and opening can fail", "[faults]") {
  put("f", "bytes");
  std::unique_ptr<rocksdb::FSRandomAccessFile> file;
  faulty->plan({.what = file_fault::error, .at = file_call::open});
  CHECK_FALSE(faulty->NewRandomAccessFile(in("f"), {}, &file, nullptr).ok());
  REQUIRE(faulty->NewRandomAccessFile(in("f"), {}, &file, nullptr).ok());
  faulty->plan({.what = file_fault::error, .at = file_call::read});
  char scratch[8];
  rocksdb::Slice result;
  CHECK(file->Read(0, 5, {}, &result, scratch, nullptr).IsIOError());
  CHECK(file->Read(0, 5, {}, &result, scratch, nullptr).ok());
  CHECK(result.ToString() == "bytes");
}

TEST_CASE_METHOD(disk, "a call that is held waits for the test", "[faults]") {
  const auto file = create("f");
  sync_directory();
  CHECK(append(*file, "x").ok());
  faulty->plan({.what = file_fault::hold, .at = file_call::sync, .lasting = true});
  rocksdb::IOStatus status;
  std::thread syncing{[&] { status = file->Sync({}, nullptr); }};
  CHECK(faulty->await_held());
  faulty->copy_disk(beside("during"));
  faulty->let_go();
  syncing.join();
  CHECK(status.ok());
  CHECK(bytes_of(beside("during") / "f").empty());
  CHECK(file->Sync({}, nullptr).ok());  // No longer held.
  cut_and_restore();
  CHECK(bytes_of(in("f")) == "x");
}

TEST_CASE_METHOD(disk, "a database keeps what it synced, and loses what it did not", "[faults]") {
  CHECK(faulty->CreateDir(in("db"), {}, nullptr).ok());
  sync_directory();
  {
    const database one{*this};
    CHECK(one.put("a", "1", true).ok());
    CHECK(one.put("b", "2", false).ok());
    CHECK(one.put("c", "3", true).ok());
    CHECK(one.put("d", "4", false).ok());
    faulty->cut_power();
    CHECK_FALSE(one.put("e", "5", true).ok());
  }
  faulty->restore_power();
  {
    const database two{*this};
    CHECK(two.get("a") == "1");
    CHECK(two.get("b") == "2");
    CHECK(two.get("c") == "3");
    CHECK(two.get("d").empty());
    CHECK(two.get("e").empty());
    // The same holds of what was compacted, whose files are new and whose old files are removed.
    CHECK(two.put("f", "6", true).ok());
    CHECK(two.db->Flush({}).ok());
    CHECK(two.db->CompactRange({}, nullptr, nullptr).ok());
    CHECK(two.put("g", "7", false).ok());
    faulty->cut_power();
  }
  faulty->restore_power();
  const database three{*this};
  for (const std::string key : {"a", "b", "c", "f"}) CHECK_FALSE(three.get(key).empty());
  CHECK(three.get("g").empty());
}

TEST_CASE_METHOD(disk, "a database whose log cannot be synced says so and refuses the next write",
                 "[faults]") {
  const database one{*this};
  CHECK(one.put("a", "1", true).ok());
  faulty->plan({.what = file_fault::error, .at = file_call::sync, .files = ".log"});
  CHECK_FALSE(one.put("b", "2", true).ok());
  CHECK_FALSE(one.put("c", "3", true).ok());
  CHECK(one.get("a") == "1");
}
