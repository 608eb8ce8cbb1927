#include "stamping_store.hpp"

#include <catch2/catch_test_macros.hpp>

using bench::stamping_store;

namespace {

fsm::change restored(std::uint64_t uid) {
  fsm::change made;
  made.transition.uid = uid;
  made.transition.event = fsm::event::restore_succeeded;
  return made;
}

}  // namespace

TEST_CASE("the moment of a restore is noted, and of nothing else", "[bench][store]") {
  stamping_store store{fsm::make_null_store()};
  CHECK_FALSE(store.stamp_of(7));
  auto other = restored(7);
  other.transition.event = fsm::event::idle_due;
  store.prepare(other);
  CHECK_FALSE(store.stamp_of(7));
  const auto before = bench::clock::now();
  auto change = restored(7);
  store.prepare(change);
  REQUIRE(store.stamp_of(7));
  CHECK(*store.stamp_of(7) >= before);
  CHECK(*store.stamp_of(7) <= bench::clock::now());
}

TEST_CASE("a stamp that was written over is not mistaken for another's", "[bench][store]") {
  stamping_store store{fsm::make_null_store()};
  for (const std::uint64_t uid : {7U, 7U + (1U << 17)}) {
    auto change = restored(uid);
    store.prepare(change);
  }
  CHECK_FALSE(store.stamp_of(7));
  CHECK(store.stamp_of(7 + (1U << 17)));
}

TEST_CASE("otherwise it is a store that keeps nothing", "[bench][store]") {
  stamping_store store{fsm::make_null_store()};
  CHECK(store.open());
  CHECK_FALSE(store.keeps_documents());
  bool done = false;
  store.commit(fsm::commit_batch{}, [&](const auto& result) { done = result.has_value(); });
  CHECK(done);
}
