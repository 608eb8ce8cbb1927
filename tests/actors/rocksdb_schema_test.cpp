#include "store/rocksdb/database.hpp"
#include "store/rocksdb/internal.hpp"
#include "store/rocksdb/meta.hpp"
#include "store_conformance.hpp"
#include "support/counting_reader.hpp"
#include "support/temporary_directory.hpp"

#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <optional>
#include <string>

namespace conformance = fsm::testing::store_conformance;
namespace rocks = fsm::rocks;
using namespace fsm::testing;
using Catch::Matchers::ContainsSubstring;
using fsm::errc;

namespace {

/// A library of the future, which keeps documents in capitals from its version on.
rocks::internals newer(int& runs, bool interrupted = false) {
  return {.env = nullptr,
          .schema_version = rocks::schema_version + 1,
          .upgrades = {{.from = rocks::schema_version,
                        .run = [&runs, interrupted](rocks::database& db) -> fsm::expected<void> {
                          ++runs;
                          const auto documents = db.scan(rocks::family::documents);
                          for (documents->SeekToFirst(); documents->Valid(); documents->Next()) {
                            db.db->Put({}, db[rocks::family::documents], documents->key(), "ONE");
                            if (interrupted)
                              return fsm::unexpected({errc::internal, "interrupted"});
                          }
                          return {};
                        }}}};
}

void fill(const std::filesystem::path& directory) {
  conformance::bench b{[&](std::size_t) { return fsm::rocksdb_store(directory); }};
  b.create(1, "f");
  b.create(2, "g");
}

}  // namespace

TEST_CASE("an older store is upgraded once, and then is a newer one", "[store]") {
  const temporary_directory directory;
  fill(directory.path());
  int runs = 0;
  std::vector<std::string> lines;
  const auto open = [&] {
    return conformance::bench{[&](std::size_t) {
      return rocks::make_store({.directory = directory.path(),
                                .warn = [&](std::string_view line) { lines.emplace_back(line); }},
                               newer(runs));
    }};
  };
  for (int i = 0; i < 2; ++i) {
    conformance::bench b = open();
    CHECK(b.document(1, 1) == "ONE");
    CHECK(b.document(2, 1) == "ONE");
  }
  CHECK(runs == 1);
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], ContainsSubstring("from schema version 2 to 3"));

  const auto refused = fsm::rocksdb_store(directory.path())->open();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == errc::internal);
  CHECK_THAT(refused.error().message, ContainsSubstring("newer version"));
  CHECK_THAT(refused.error().message, ContainsSubstring(directory.path().string()));
}

TEST_CASE("an upgrade that was interrupted is done again", "[store]") {
  const temporary_directory directory;
  fill(directory.path());
  int runs = 0;
  const auto stopped =
      rocks::make_store({.directory = directory.path()}, newer(runs, true))->open();
  REQUIRE_FALSE(stopped.has_value());
  CHECK(stopped.error().message == "interrupted");
  conformance::bench b{
      [&](std::size_t) { return rocks::make_store({.directory = directory.path()}, newer(runs)); }};
  CHECK(runs == 2);
  CHECK(b.document(2, 1) == "ONE");
}

TEST_CASE("a version that nobody can upgrade is refused", "[store]") {
  const temporary_directory directory;
  fill(directory.path());
  const auto refused =
      rocks::make_store({.directory = directory.path()},
                        {.env = nullptr, .schema_version = rocks::schema_version + 1})
          ->open();
  REQUIRE_FALSE(refused.has_value());
  CHECK_THAT(refused.error().message, ContainsSubstring("cannot upgrade"));
}

TEST_CASE("a newer store is refused as such also when it has families of its own", "[store]") {
  const temporary_directory directory;
  {
    const auto store = rocks::make_store(
        {.directory = directory.path()},
        {.env = nullptr, .schema_version = rocks::schema_version + 1, .upgrades = {}});
    REQUIRE(store->open().has_value());
  }
  {
    auto db = rocks::open_database({.directory = directory.path()}, nullptr, nullptr);
    REQUIRE(db.has_value());
    rocksdb::ColumnFamilyHandle* handle = nullptr;
    REQUIRE(db->db->CreateColumnFamily({}, "aliases", &handle).ok());
    db->unknown.push_back(handle);
  }
  const auto refused = fsm::rocksdb_store(directory.path())->open();
  REQUIRE_FALSE(refused.has_value());
  CHECK_THAT(refused.error().message, ContainsSubstring("newer version"));
}

namespace {

/// What version 1 left: it knew no metadata.
void fill_as_version_1(const std::filesystem::path& directory) {
  {
    conformance::bench b{[&](std::size_t) {
      return rocks::make_store({.directory = directory},
                               {.env = nullptr, .schema_version = 1, .upgrades = {}});
    }};
    b.create(1, "f");
  }
  auto db = rocks::open_database({.directory = directory}, nullptr, nullptr);
  REQUIRE(db.has_value());
  REQUIRE(db->db->DropColumnFamily((*db)[rocks::family::metadata]).ok());
}

}  // namespace

TEST_CASE("a store from before there was metadata is read, and upgraded when opened", "[store]") {
  const temporary_directory directory;
  fill_as_version_1(directory.path());
  counting_reader found;
  CHECK(fsm::read_rocksdb_store(directory.path(), found).has_value());
  CHECK(found.functions == 1);
  for (int i = 0; i < 2; ++i) {
    conformance::bench b{[&](std::size_t) { return fsm::rocksdb_store(directory.path()); }};
    CHECK(b.document(1, 1) == "one");
    CHECK(b.metadata(1) == (i == 0 ? "" : "tags"));
    b.put(b.make(1, "f", fsm::pairs::ready, fsm::pairs::ready,
                 [](fsm::change& c) { c.metadata = "tags"; }));
  }
}

TEST_CASE("a store that has lost its metadata is not opened", "[store]") {
  const temporary_directory directory;
  fill(directory.path());
  {
    auto db = rocks::open_database({.directory = directory.path()}, nullptr, nullptr);
    REQUIRE(db.has_value());
    REQUIRE(db->db->DropColumnFamily((*db)[rocks::family::metadata]).ok());
  }
  const auto refused = fsm::rocksdb_store(directory.path())->open();
  REQUIRE_FALSE(refused.has_value());
}

TEST_CASE("A store that has lost a family of old is not read from outside either", "[store]") {
  const temporary_directory directory;
  fill(directory.path());
  {
    auto db = rocks::open_database({.directory = directory.path()}, nullptr, nullptr);
    REQUIRE(db.has_value());
    REQUIRE(db->db->DropColumnFamily((*db)[rocks::family::texts]).ok());
  }
  counting_reader nobody;
  const auto read = fsm::read_rocksdb_store(directory.path(), nobody);
  REQUIRE_FALSE(read.has_value());
  CHECK_THAT(read.error().message, ContainsSubstring("a column family is missing"));
  CHECK(nobody.functions == 0);
}

TEST_CASE("A record that is not like those of its family is refused, not read beyond its end",
          "[store]") {
  using rocks::family;
  const temporary_directory directory;
  fill(directory.path());
  const auto which = GENERATE(family::last_used, family::owed_releases, family::texts,
                              family::documents, family::history, family::metadata, family::events);
  INFO(rocks::name_of(which));
  {
    auto db = rocks::open_database({.directory = directory.path()}, nullptr, nullptr);
    REQUIRE(db.has_value());
    REQUIRE(db->db->Put({}, (*db)[which], "\x01", "").ok());
  }
  counting_reader reader;
  const auto read = fsm::read_rocksdb_store(directory.path(), reader);
  REQUIRE_FALSE(read.has_value());
  CHECK_THAT(read.error().message, ContainsSubstring("is damaged"));
}

TEST_CASE("A use whose time is cut short is refused when functions are brought back", "[store]") {
  struct nobody final : fsm::recovery {
    void on_function(fsm::stored_function& /*function*/) override {}
    void on_owed_release(std::uint64_t /*uid*/, std::uint32_t /*number*/) override {}
  };
  const temporary_directory directory;
  fill(directory.path());
  {
    auto db = rocks::open_database({.directory = directory.path()}, nullptr, nullptr);
    REQUIRE(db.has_value());
    const std::string first_function{"\0\0\0\0\0\0\0\x01", 8};
    REQUIRE(db->db->Put({}, (*db)[rocks::family::last_used], first_function, "short").ok());
  }
  const auto store = fsm::rocksdb_store(directory.path());
  REQUIRE(store->open().has_value());
  nobody into;
  const auto recovered = store->recover(into);
  REQUIRE_FALSE(recovered.has_value());
  CHECK_THAT(recovered.error().message, ContainsSubstring("last_used"));
}

namespace {

/// Changes what the store says of itself: another value under a key, or nothing any more.
void change_meta(const std::filesystem::path& directory, const std::string& key,
                 const std::optional<std::string>& value) {
  auto db = rocks::open_database({.directory = directory}, nullptr, nullptr);
  REQUIRE(db.has_value());
  auto* const meta = (*db)[rocks::family::meta];
  REQUIRE((value ? db->db->Put({}, meta, key, *value) : db->db->Delete({}, meta, key)).ok());
}

}  // namespace

TEST_CASE("What a store says of itself is damaged when it has another size", "[store]") {
  for (const std::string key : {"schema_version", "history_max", "epoch", "progress"}) {
    INFO(key);
    const temporary_directory directory;
    fill(directory.path());
    change_meta(directory.path(), key, "short");
    const auto refused = fsm::rocksdb_store(directory.path())->open();
    REQUIRE_FALSE(refused.has_value());
    CHECK_THAT(refused.error().message, ContainsSubstring("meta record '" + key + "' has 5 bytes"));
    counting_reader nobody;
    CHECK_FALSE(fsm::read_rocksdb_store(directory.path(), nobody).has_value());
  }
}

TEST_CASE("A store that says too little of itself is refused where it matters", "[store]") {
  const auto opened_without = [](const std::string& key) {
    const temporary_directory directory;
    fill(directory.path());
    change_meta(directory.path(), key, std::nullopt);
    std::filesystem::remove(directory.path() / "ACKNOWLEDGED");
    return fsm::rocksdb_store(directory.path())->open();
  };
  const auto message = [](const auto& opened) {
    return opened ? std::string{} : opened.error().message;
  };
  CHECK_THAT(message(opened_without("schema_version")),
             ContainsSubstring("does not say its schema version"));
  CHECK_THAT(message(opened_without("history_max")), ContainsSubstring("history_max: 16"));
  CHECK(opened_without("epoch")->epoch == 1);
  CHECK(opened_without("progress")->last_sequence == 0);
}

TEST_CASE("A newer store is refused by who reads it from outside, too", "[store]") {
  const temporary_directory directory;
  fill(directory.path());
  int runs = 0;
  REQUIRE(rocks::make_store({.directory = directory.path()}, newer(runs))->open().has_value());
  counting_reader nobody;
  const auto refused = fsm::read_rocksdb_store(directory.path(), nobody);
  REQUIRE_FALSE(refused.has_value());
  CHECK_THAT(refused.error().message, ContainsSubstring("newer version"));
}
