#include "closed_store.hpp"

#include "data_directory.hpp"
#include "flags.hpp"
#include "log_keeper.hpp"
#include "peers/raw_rocksdb.hpp"
#include "population.hpp"
#include "update_work.hpp"
#include "write_probe.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <deque>
#include <filesystem>
#include <map>

using namespace bench;
namespace fs = std::filesystem;

namespace {

settings on_disk(std::uint64_t functions) {
  settings how;
  how.functions = functions;
  how.threads = 2;
  how.storage.kind = store_kind::rocksdb;
  how.storage.meter = std::make_shared<store_meter>();
  take_directory(how.storage);
  return how;
}

fs::path store_of(const settings& how) { return how.storage.directory->path() / how.storage.label; }

/// Creates all functions in a new store, and closes it.
void create_all(const settings& how, write_probe* probe = nullptr) {
  const name_list names{how.functions};
  population whom{how, names};
  if (probe != nullptr) probe->begin();
  whom.fill(how.threads);
}

std::map<std::string, family_size> sizes_of(const fs::path& store) {
  std::map<std::string, family_size> found;
  for (auto& each : closed_store{store}.compact()) found.emplace(each.name, each);
  return found;
}

}  // namespace

TEST_CASE("what a store wrote is read back batch by batch, and written once more",
          "[bench][rocksdb]") {
  const auto how = on_disk(500);
  write_probe probe{how.storage};
  create_all(how, &probe);
  const auto commits = how.storage.meter->take();
  CHECK(commits.transitions == 1000);
  probe.end();
  const auto& written = probe.written();
  CHECK(written.complete);
  CHECK(written.transitions == 1000);
  std::uint64_t batches = 0;
  for (const auto& each : written.batches) batches += each.transitions > 0 ? 1 : 0;
  CHECK(batches == commits.commits);

  const auto alone = probe.write();
  CHECK(alone.failures == 0);
  CHECK(alone.ops == 1000);
  CHECK(alone.latency.count() == batches);
  const auto original = sizes_of(store_of(how));
  const auto copy = sizes_of(how.storage.directory->path() / (how.storage.label + "-probe"));
  CHECK(original.at("functions").records == 500);
  CHECK(original.at("history").records == 1000);
  for (const auto& [name, size] : original) {
    INFO(name);
    CHECK(copy.at(name).records == size.records);
  }
  CHECK(original.at("history").is_apart);
  CHECK_FALSE(original.at("names").is_apart);
}

TEST_CASE("only as many batches are read as there is room for", "[bench][rocksdb]") {
  const auto how = on_disk(500);
  write_probe probe{how.storage};
  create_all(how, &probe);
  closed_store files{store_of(how)};
  const auto all = files.read_batches(std::uint64_t{1} << 30);
  const auto some = files.read_batches(all.bytes / 2);
  CHECK(all.complete);
  CHECK_FALSE(some.complete);
  CHECK(some.bytes <= all.bytes / 2);
  CHECK(some.transitions < all.transitions);
}

TEST_CASE("paced writes go on with the first batch after the last", "[bench][rocksdb]") {
  const auto how = on_disk(1);
  written_batches two;
  {
    write_probe probe{how.storage};
    create_all(how, &probe);
    probe.end();
    two = probe.written();
  }
  raw_rocksdb raw{how.storage.directory->place("paced"), false};
  const auto paced = raw.write_paced(two, 1000, 0.05);
  CHECK(paced.failures == 0);
  CHECK(paced.latency.count() == 50);
  CHECK(paced.seconds >= 0.049);
}

TEST_CASE("the functions in a store are counted by reading them", "[bench][rocksdb]") {
  const auto how = on_disk(300);
  create_all(how);
  CHECK(closed_store{store_of(how)}.scan_functions() == 300);
}

TEST_CASE("an open store cannot be looked at", "[bench][rocksdb]") {
  const auto how = on_disk(1);
  const name_list names{1};
  population whom{how, names};
  CHECK_THROWS_MATCHES(
      closed_store{store_of(how)}, std::runtime_error,
      Catch::Matchers::MessageMatches(Catch::Matchers::ContainsSubstring(store_of(how).string())));
}

TEST_CASE("every so manieth function is updated once", "[bench][rocksdb]") {
  const auto how = on_disk(100);
  std::deque<call_window> windows;
  for (int i = 0; i < 2; ++i) windows.emplace_back(8);
  const name_list names{100};
  population whom{how, names};
  whom.fill(2);
  (void)how.storage.meter->take();
  update_plan plan{whom.runtime(), 100, 8};
  const auto done = update_each(plan, windows);
  CHECK(done.failures == 0);
  CHECK(done.ops == 13);
  CHECK(how.storage.meter->take().transitions == 26);
  CHECK(whom.runtime().get(names[8])->version == 2);
  CHECK(whom.runtime().get(names[9])->version == 1);
}

TEST_CASE("sizes are told per function, with the target", "[bench][rocksdb]") {
  measurement out;
  note_sizes(
      out, {{"functions", 10, 1000, false}, {"names", 10, 200, false}, {"events", 20, 5000, true}},
      10);
  REQUIRE(out.more.targets.size() == 1);
  CHECK(out.more.targets[0].value == 120);
  CHECK(out.more.targets[0].met());
  CHECK(std::get<std::string>(out.more.members.at(0).second) ==
        R"({"functions":100.0,"names":20.0,"events":500.0})");
}
