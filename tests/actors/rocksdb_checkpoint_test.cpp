#include "store_conformance.hpp"
#include "support/temporary_directory.hpp"
#include <fsm/rocksdb.hpp>

#include <future>

namespace conformance = fsm::testing::store_conformance;
using namespace fsm::testing;
using fsm::errc;
namespace pairs = fsm::pairs;

namespace {

fsm::expected<std::string> checkpoint(fsm::store& of) {
  std::promise<fsm::expected<std::string>> answer;
  of.checkpoint([&](auto given) { answer.set_value(std::move(given)); });
  return answer.get_future().get();
}

conformance::bench open(const std::filesystem::path& directory) {
  return conformance::bench{[&](std::size_t) { return fsm::rocksdb_store(directory); }};
}

}  // namespace

TEST_CASE("a checkpoint opens as a store and holds what was there", "[store]") {
  const temporary_directory directory;
  conformance::bench b = open(directory.path());
  b.at(fsm::timestamp{fsm::duration{1'764'363'600'000}});
  b.create(1, "f");
  b.create(2, "g");
  const auto name = checkpoint(b.store());
  REQUIRE(name.has_value());
  CHECK(*name == "20251128T210000Z-2");
  b.create(3, "h");
  b.remove(1, "f");

  conformance::bench copy = open(directory.path() / "checkpoints" / *name);
  CHECK(copy.names("", "", 10) == conformance::list{"f", "g"});
  CHECK(copy.document(1, 1) == "one");
  CHECK(copy.history(2).size() == 1);
  copy.create(3, "k");
  CHECK(b.names("", "", 10) == conformance::list{"g", "h"});
}

TEST_CASE("checkpoints of the same moment have different names", "[store]") {
  const temporary_directory directory;
  conformance::bench b = open(directory.path());
  b.create(1, "f");
  const auto first = checkpoint(b.store());
  const auto second = checkpoint(b.store());
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  CHECK(*second == *first + "-2");
}

TEST_CASE("who has got a checkpoint may ask for the next one at once", "[store]") {
  const temporary_directory directory;
  conformance::bench b = open(directory.path());
  b.create(1, "f");
  std::promise<fsm::expected<std::string>> answer;
  b.store().checkpoint([&](const auto& first) {
    CHECK(first.has_value());
    b.store().checkpoint([&](auto second) { answer.set_value(std::move(second)); });
  });
  CHECK(answer.get_future().get().has_value());
}

TEST_CASE("a checkpoint made while others write holds a prefix of what they wrote", "[store]") {
  const temporary_directory directory;
  conformance::bench b = open(directory.path());
  b.create(1, "f-1");
  std::promise<fsm::expected<std::string>> answer;
  auto made = answer.get_future();
  b.store().checkpoint([&](auto given) { answer.set_value(std::move(given)); });
  std::uint64_t uid = 1;
  do {
    ++uid;
    b.create(uid, "f-" + std::to_string(uid));
  } while (made.wait_for(std::chrono::seconds{0}) != std::future_status::ready);
  const auto name = made.get();
  REQUIRE(name.has_value());
  const auto copy = fsm::rocksdb_store(directory.path() / "checkpoints" / *name);
  const auto opened = copy->open();
  REQUIRE(opened.has_value());
  CHECK(opened->last_sequence >= 1);
  CHECK(opened->last_sequence <= uid);
  const conformance::recovered found{*copy};
  CHECK(found.functions.size() == opened->last_sequence);
}

TEST_CASE("an unfinished checkpoint is removed at the next start", "[store]") {
  const temporary_directory directory;
  std::filesystem::create_directories(directory.path() / "data");
  const auto data = directory.path() / "data";
  { static_cast<void>(open(data)); }
  std::filesystem::create_directories(data / "checkpoints" / "x.tmp" / "deep");
  std::filesystem::create_directories(data / "checkpoints" / "kept");
  { static_cast<void>(open(data)); }
  CHECK_FALSE(std::filesystem::exists(data / "checkpoints" / "x.tmp"));
  CHECK(std::filesystem::exists(data / "checkpoints" / "kept"));
}
