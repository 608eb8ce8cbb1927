#include "invoke/event_store.hpp"

#include "support/temporary_directory.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <cstdint>
#include <optional>

using platform::invoke::event;
using platform::invoke::open_rocksdb_event_store;

namespace {

event event_of(std::uint64_t id) {
  event result;
  result.id = id;
  result.request_id = "r";
  result.function = "f";
  return result;
}

}  // namespace

TEST_CASE(
    "an event store that is stopped has kept all it was given, and refuses what comes later") {
  const fsm::testing::temporary_directory directory;
  {
    const auto store = *open_rocksdb_event_store({.data = directory.path()});
    std::atomic<int> kept = 0;
    for (std::uint64_t id = 1; id <= 100; ++id) {
      store->add(event_of(id), "1", [&](const fsm::expected<void>& done) {
        if (done) ++kept;
      });
    }
    store->stop();
    CHECK(kept == 100);
    std::optional<fsm::expected<void>> late;
    store->add(event_of(101), "1", [&](const fsm::expected<void>& done) { late = done; });
    REQUIRE(late);
    REQUIRE_FALSE(*late);
    CHECK(late->error().code == fsm::errc::stopped);
    store->stop();  // Once more does nothing.
  }
  const auto again = *open_rocksdb_event_store({.data = directory.path()});
  CHECK(again->load()->size() == 100);
}
