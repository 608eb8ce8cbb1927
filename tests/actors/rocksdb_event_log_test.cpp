#include "store/rocksdb/database.hpp"
#include "store_conformance.hpp"
#include "support/temporary_directory.hpp"
#include <fsm/rocksdb.hpp>

#include <catch2/matchers/catch_matchers_string.hpp>
#include <rocksdb/metadata.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <vector>

// What starts and checkpoints leave behind in the log of events: a list of them opens all its
// files.

namespace conformance = fsm::testing::store_conformance;
namespace rocks = fsm::rocks;
using namespace fsm::testing;
using rocks::family;

namespace {

constexpr std::uint64_t log_bytes = std::uint64_t{1} << 20U;
constexpr std::uint64_t buffer_bytes = log_bytes / 4;

std::shared_ptr<fsm::store> store_in(const std::filesystem::path& directory) {
  return fsm::rocksdb_store({.directory = directory, .event_log_bytes = log_bytes});
}

/// Those of the log, the newest first.
std::vector<rocksdb::SstFileMetaData> files_in(const std::filesystem::path& directory) {
  const auto db = rocks::open_database({.directory = directory, .event_log_bytes = log_bytes},
                                       nullptr, nullptr);
  REQUIRE(db.has_value());
  rocksdb::ColumnFamilyMetaData found;
  db->db->GetColumnFamilyMetaData((*db)[family::events], &found);
  return found.levels.front().files;
}

/// Starts of one store, each of which writes some events.
class lives {
public:
  /// So many of `count` events each, with so much text.
  void live(int times, int count, std::size_t text_bytes) {
    for (int life = 0; life < times; ++life) {
      conformance::bench b{[this](std::size_t) { return store_in(directory_.path()); }};
      std::vector<fsm::change> batch;
      for (int i = 0; i < count; ++i) {
        batch.push_back(b.make(7, "f", fsm::pairs::ready, fsm::pairs::ready, [&](fsm::change& c) {
          c.transition.reason = std::string(text_bytes, 'x');
        }));
        last_ = batch.back().transition.sequence;
      }
      REQUIRE(b.commit(std::move(batch)).has_value());
    }
  }

  /// All that are left, which must follow each other.
  [[nodiscard]] std::vector<std::uint64_t> read() const {
    const auto store = store_in(directory_.path());
    REQUIRE(store->open().has_value());
    std::vector<std::uint64_t> found;
    store->read_events(0, 100'000, [&found](const fsm::expected<fsm::event_page>& given) {
      REQUIRE(given.has_value());
      for (const fsm::transition& each : given->events) found.push_back(each.sequence);
    });
    for (std::size_t i = 1; i < found.size(); ++i) REQUIRE(found[i] == found[i - 1] + 1);
    return found;
  }

  [[nodiscard]] std::filesystem::path path() const { return directory_.path(); }
  [[nodiscard]] std::uint64_t last() const { return last_; }

private:
  temporary_directory directory_;
  std::uint64_t last_ = 0;
};

}  // namespace

TEST_CASE("however often a store is started, its log of events is a few files", "[store]") {
  lives all;
  all.live(60, 2, 100);
  CHECK(files_in(all.path()).size() < 8);
  const auto events = all.read();
  REQUIRE_FALSE(events.empty());
  CHECK(events.size() == 120);
  CHECK(events.back() == all.last());
}

TEST_CASE("however many checkpoints a store makes, its log of events is a few files", "[store]") {
  const temporary_directory directory;
  const auto path = directory.path() / "db";
  {
    conformance::bench b{[&path](std::size_t) { return store_in(path); }};
    for (int i = 0; i < 30; ++i) {
      b.put(b.make(7, "f", fsm::pairs::ready, fsm::pairs::ready));
      std::promise<bool> made;
      b.store().checkpoint(
          [&made](const fsm::expected<std::string>& given) { made.set_value(given.has_value()); });
      REQUIRE(made.get_future().get());
    }
  }
  CHECK(files_in(path).size() < 8);
}

TEST_CASE("files of the log of events that are merged stay small enough to be dropped", "[store]") {
  lives all;
  all.live(60, 20, 2'000);  // Twice what is kept.
  std::uint64_t bytes = 0;
  for (const auto& file : files_in(all.path())) {
    CHECK(file.size < buffer_bytes);
    bytes += file.size;
  }
  CHECK(bytes <= log_bytes + 2 * buffer_bytes);
  const auto events = all.read();
  REQUIRE_FALSE(events.empty());
  CHECK(events.size() >= 60 * 20 / 4);
  CHECK(events.front() > 1);
  CHECK(events.back() == all.last());
}

TEST_CASE("a damaged file of the log of events keeps no store from starting", "[store]") {
  lives all;
  all.live(6, 2, 100);
  const auto files = files_in(all.path());
  REQUIRE(files.size() > 1);
  std::fstream file{all.path() / files.back().name.substr(1),
                    std::ios::in | std::ios::out | std::ios::binary};
  file.seekp(20);
  file.put('?');
  file.close();
  all.live(20, 2, 100);
  CHECK(files_in(all.path()).size() < 8);
  const auto store = store_in(all.path());
  REQUIRE(store->open().has_value());
  store->read_events(0, 100, [](const fsm::expected<fsm::event_page>& given) {
    REQUIRE_FALSE(given.has_value());
    CHECK_THAT(given.error().message, Catch::Matchers::ContainsSubstring("block checksum"));
  });
}
