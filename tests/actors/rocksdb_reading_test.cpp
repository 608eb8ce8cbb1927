#include "store/rocksdb/database.hpp"
#include "store/rocksdb/keys.hpp"
#include "store/rocksdb/problems.hpp"
#include "store_conformance.hpp"
#include "support/counting_reader.hpp"
#include "support/temporary_directory.hpp"

#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

// Records that are not what they should be, found by whoever reads them; and a reader who has
// read enough.

namespace conformance = fsm::testing::store_conformance;
namespace rocks = fsm::rocks;
using namespace fsm::testing;
using Catch::Matchers::ContainsSubstring;
using fsm::errc;
using rocks::family;

namespace {

/// Two functions with everything that a function can have.
void fill(const std::filesystem::path& directory) {
  conformance::bench b{[&](std::size_t) { return fsm::rocksdb_store(directory); }};
  for (const std::uint64_t uid : {1U, 2U}) {
    const std::string name = "f" + std::to_string(uid);
    b.put(b.make(uid, name, fsm::pairs::absent, fsm::pairs::creating, [](fsm::change& c) {
      c.document = "one";
      c.document_version = 1;
      c.metadata = "tags";
      c.owed_releases = {7, 8};
    }));
    b.put(b.make(uid, name, fsm::pairs::creating, fsm::pairs::broken, [](fsm::change& c) {
      c.transition.event = fsm::event::provision_failed;
      c.transition.reason = "mine";
      c.record.state_reason = fsm::reason_code::invalid_image;
    }));
    b.put(b.make(uid, name, fsm::pairs::ready, fsm::pairs::update_failed, [](fsm::change& c) {
      c.transition.event = fsm::event::update_failed;
      c.transition.reason = "mine, too";
      c.record.update_reason = fsm::reason_code::invalid_subnet;
    }));
    b.keep({.kind = fsm::note_kind::used,
            .uid = uid,
            .number = 0,
            .at = fsm::timestamp{fsm::duration{1000}}});
  }
}

/// Puts a record where the store keeps its own.
void put(const std::filesystem::path& directory, family which, std::string_view key,
         std::string_view value) {
  auto db = rocks::open_database({.directory = directory}, nullptr, nullptr);
  REQUIRE(db.has_value());
  REQUIRE(db->db
              ->Put({}, (*db)[which], rocksdb::Slice{key.data(), key.size()},
                    rocksdb::Slice{value.data(), value.size()})
              .ok());
}

std::string bytes(const rocksdb::Slice& key) { return key.ToString(); }

/// Has read enough after so many calls.
class patient_reader final : public fsm::rocksdb_reader {
public:
  explicit patient_reader(std::size_t calls_max) : calls_max_{calls_max} {}
  bool on_summary(const fsm::rocksdb_summary&) override { return goes_on("summary"); }
  bool on_owed_release(std::uint64_t, std::uint32_t) override { return goes_on("owed"); }
  bool on_function(const fsm::stored_function& f) override {
    CHECK(f.state_reason_text == "mine");
    CHECK(f.update_reason_text == "mine, too");
    CHECK(f.last_used == fsm::timestamp{fsm::duration{1000}});
    return goes_on("function");
  }
  bool on_document(std::uint64_t, std::uint32_t, std::string_view) override {
    return goes_on("document");
  }
  bool on_metadata(std::uint64_t, std::string_view) override { return goes_on("metadata"); }
  bool on_history(const fsm::stored_transition&) override { return goes_on("history"); }
  bool on_event(const fsm::stored_transition&) override { return goes_on("event"); }
  [[nodiscard]] const std::vector<std::string>& calls() const { return calls_; }

private:
  bool goes_on(const char* what) {
    calls_.emplace_back(what);
    return calls_.size() < calls_max_;
  }
  std::size_t calls_max_;
  std::vector<std::string> calls_;
};

/// What each way to read gives as its error; "" if it gives none.
struct ways {
  std::string recover;
  std::string history;
  std::string events;
  std::string metadata;
  std::string outside;

  explicit ways(const std::filesystem::path& directory) {
    counting_reader reader;
    outside = message(fsm::read_rocksdb_store(directory, reader));
    const auto store = fsm::rocksdb_store({.directory = directory});
    REQUIRE(store->open().has_value());
    struct nobody final : fsm::recovery {
      void on_function(fsm::stored_function&) override {}
      void on_owed_release(std::uint64_t, std::uint32_t) override {}
    } into;
    recover = message(store->recover(into));
    store->read_history(1, [this](const auto& given) { history = message(given); });
    store->read_events(0, 100, [this](const auto& given) { events = message(given); });
    store->read_all_metadata(0, 100, [this](const auto& given) { metadata = message(given); });
  }

private:
  template <class T>
  static std::string message(const fsm::expected<T>& given) {
    return given ? "" : given.error().message;
  }
};

}  // namespace

TEST_CASE("a reader may end the reading at any point, and is told nothing more", "[store]") {
  const temporary_directory directory;
  fill(directory.path());
  patient_reader whole{~std::size_t{0}};
  REQUIRE(fsm::read_rocksdb_store(directory.path(), whole).has_value());
  // A summary, four owed releases, two functions with document, metadata and history, and events.
  CHECK(whole.calls().size() == 1 + 4 + 2 * (1 + 1 + 1 + 3) + 6);
  for (std::size_t n = 1; n <= whole.calls().size(); ++n) {
    INFO("after " << n << ", " << whole.calls()[n - 1]);
    patient_reader some{n};
    CHECK(fsm::read_rocksdb_store(directory.path(), some).has_value());
    CHECK(some.calls().size() == n);
  }
}

TEST_CASE("a store in which nothing was ever written has nothing to read", "[store]") {
  const temporary_directory directory;
  REQUIRE(rocks::open_database({.directory = directory.path()}, nullptr, nullptr).has_value());
  patient_reader reader{100};
  CHECK(fsm::read_rocksdb_store(directory.path(), reader).has_value());
  CHECK(reader.calls().empty());
  counting_reader nobody;
  const auto missing = fsm::read_rocksdb_store(directory.path() / "missing", nobody);
  REQUIRE_FALSE(missing.has_value());
  CHECK_THAT(missing.error().message, ContainsSubstring("no file CURRENT"));
}

TEST_CASE("a record that cannot be understood is damage for each who reads it", "[store]") {
  struct damage {
    family where;
    std::string key;
    std::string value;
    std::vector<std::string ways::*> who;
  };
  const std::string first = bytes(rocks::number_key(1));
  const std::vector<damage> all{
      {family::functions, first, "\xFF", {&ways::recover, &ways::outside}},
      {family::history, bytes(rocks::part_key(1, 0)), "\xFF", {&ways::history, &ways::outside}},
      {family::events, first, std::string("\0\0\0\1\xFF", 5), {&ways::events, &ways::outside}},
      {family::events, first, std::string("\0\0\0\2x", 5), {&ways::events, &ways::outside}},
      {family::events, "short", "", {&ways::events, &ways::outside}},
      {family::owed_releases, "short", "", {&ways::recover, &ways::outside}},
      {family::last_used, first, "short", {&ways::recover, &ways::outside}},
      {family::last_used, bytes(rocks::number_key(9)), "", {&ways::recover, &ways::outside}},
      {family::metadata, "short", "", {&ways::metadata, &ways::outside}},
      {family::texts, "short", "", {&ways::outside}},
      {family::documents, "short", "", {&ways::outside}},
  };
  for (const damage& each : all) {
    INFO(rocks::name_of(each.where) << " '" << each.key << "'");
    const temporary_directory directory;
    fill(directory.path());
    put(directory.path(), each.where, each.key, each.value);
    const ways found{directory.path()};
    for (const auto way :
         {&ways::recover, &ways::history, &ways::events, &ways::metadata, &ways::outside}) {
      const bool meets_it = std::ranges::find(each.who, way) != each.who.end();
      INFO(found.*way);
      CHECK((found.*way).empty() != meets_it);
      if (meets_it) {
        CHECK_THAT(found.*way, ContainsSubstring("is damaged"));
        CHECK_THAT(found.*way, ContainsSubstring(directory.path().string()));
      }
    }
  }
}

TEST_CASE("what RocksDB says is given with the remedy that fits", "[store]") {
  struct saying {
    rocksdb::Status what;
    errc code;
    std::string remedy;
  };
  using rocksdb::Status;
  const std::vector<saying> all{
      {Status::IOError("lock hold by current process"), errc::invalid_argument,
       "one store at a time"},
      {Status::IOError("While lock file"), errc::invalid_argument, "stop that process"},
      {Status::IOError("No space left on device"), errc::invalid_argument, "make room"},
      {Status::IOError("Disk quota exceeded"), errc::invalid_argument, "quota is used up"},
      {Status::IOError("Read-only file system"), errc::invalid_argument, "mount it for writing"},
      {Status::IOError("Permission denied"), errc::invalid_argument, "give it the right"},
      {Status::IOError("Operation not permitted"), errc::invalid_argument, "give it the right"},
      {Status::IOError("Not a directory"), errc::invalid_argument, "choose a directory"},
      {Status::IOError("Too many open files"), errc::invalid_argument, "ulimit -n"},
      {Status::IOError("No such file or directory"), errc::internal, "restore a checkpoint"},
      {Status::IOError("Input/output error"), errc::internal, "the disk has failed"},
      {Status::IOError("something else"), errc::internal, "check the disk, then start again"},
      {Status::PathNotFound("a table"), errc::internal, "restore a checkpoint"},
      {Status::Corruption("a table"), errc::internal, "restore a checkpoint"},
      // A table that is damaged is no matter of rights, whatever else the words say.
      {Status::Corruption("Permission denied"), errc::internal, "restore a checkpoint"},
  };
  for (const saying& each : all) {
    const fsm::error told = rocks::problem("/data", "read", each.what);
    INFO(told.message);
    CHECK(told.code == each.code);
    CHECK_THAT(told.message, ContainsSubstring("the store in /data cannot be read: "));
    CHECK_THAT(told.message, ContainsSubstring(each.remedy));
  }
  CHECK_THAT(rocks::problem("/data", "read", Status::IOError("000012.ldb and 000013.ldb")).message,
             ContainsSubstring("000012.sst and 000013.sst"));
}
