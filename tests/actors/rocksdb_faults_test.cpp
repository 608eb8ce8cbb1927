#include "crash_points.hpp"
#include "failing_disk.hpp"
#include "store_conformance.hpp"
#include "support/deterministic_runtime.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <store/rocksdb/internal.hpp>

#include <atomic>
#include <filesystem>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>

// A disk that fails while a store is open: it says so, writes nothing more, and goes on reading.

namespace conformance = fsm::testing::store_conformance;
namespace fs = std::filesystem;
using namespace fsm::testing;
using Catch::Matchers::ContainsSubstring;
using fsm::errc;

namespace {

struct named_fault {
  const char* name;
  planned_fault fault;
  const char* remedy;  // What the message has to say.
};

// What can happen to the log during a commit.
const std::vector<named_fault>& commit_faults() {
  static const std::vector<named_fault> all{
      {"a write fails",
       {.what = file_fault::error, .at = file_call::write, .files = ".log"},
       "check it"},
      {"a write is short",
       {.what = file_fault::half, .at = file_call::write, .files = ".log"},
       "check it"},
      {"a sync fails",
       {.what = file_fault::error, .at = file_call::sync, .files = ".log"},
       "check it"},
      {"there is no space",
       {.what = file_fault::no_space, .at = file_call::write, .files = ".log"},
       "make room"},
  };
  return all;
}

}  // namespace

TEST_CASE("the store on disk does what every store must do on a slow disk", "[faults]") {
  std::list<failing_disk> disks;
  conformance::check_all([&](std::size_t history_max) {
    failing_disk& disk = disks.emplace_back();
    disk.files->watch([](const recorded_call& call, bool) {
      if (call.what != file_call::sync) return;
      for (int i = 0; i < 2000; ++i) std::this_thread::yield();
    });
    return disk.make(history_max);
  });
}

TEST_CASE_METHOD(failing_disk, "a commit is answered when its sync is through; reads go on before",
                 "[faults]") {
  conformance::bench b{[this](std::size_t) { return make(); }};
  b.create(1, "f");
  files->plan({.what = file_fault::hold, .at = file_call::sync, .files = ".log"});
  std::atomic<bool> answered{false};
  std::thread committing{[&] {
    b.create(2, "g");
    answered = true;
  }};
  CHECK(files->await_held());
  CHECK_FALSE(answered);
  CHECK(b.document(1, 1) == "one");
  CHECK(b.history(1).size() == 1);
  files->let_go();
  committing.join();
  CHECK(b.names("", "", 10) == conformance::list{"f", "g"});
}

TEST_CASE("a commit that fails is the last, reads go on, and a restart shows what the disk holds",
          "[faults]") {
  const unsynced what = GENERATE(unsynced::lost, unsynced::torn, unsynced::kept);
  for (const named_fault& each : commit_faults()) {
    INFO(each.name);
    const failing_disk disk;
    {
      conformance::bench b{[&](std::size_t) { return disk.make(); }};
      b.create(1, "f");
      disk.files->plan(each.fault);
      const auto failed = b.commit({b.make(2, "g", pairs::absent, pairs::creating)});
      REQUIRE_FALSE(failed.has_value());
      CHECK(failed.error().code == errc::outcome_unknown);
      CHECK_THAT(failed.error().message, ContainsSubstring(disk.data().string()));
      CHECK_THAT(failed.error().message, ContainsSubstring(".log"));
      CHECK_THAT(failed.error().message, ContainsSubstring(each.remedy));
      CHECK_THAT(failed.error().message, ContainsSubstring("restart"));
      // The disk is well again; the store is not.
      for (int i = 0; i < 2; ++i) {
        const auto refused = b.commit({b.make(3, "h", pairs::absent, pairs::creating)});
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().code == errc::outcome_unknown);
        CHECK(refused.error().message == failed.error().message);
      }
      CHECK_FALSE(b.commit({}, {{.kind = fsm::note_kind::owner_alive}}).has_value());
      CHECK(b.document(1, 1) == "one");
      CHECK(b.history(1).size() == 1);
      CHECK(b.reasons(1).state.empty());
      CHECK(b.names("", "", 1) == conformance::list{"f"});
    }
    disk.files->restore_power(what, 5);
    conformance::bench b{[&](std::size_t) { return disk.make(); }};
    const conformance::recovered found{b.store()};
    INFO(found.functions.size());
    CHECK((found.functions.size() == 1 || found.functions.size() == 2));
    CHECK(found.functions[0].name == "f");
    b.create(9, "i");
    const auto names = b.names("", "", 10);
    CHECK(names.size() == found.functions.size() + 1);
    CHECK(names.back() == "i");
  }
}

TEST_CASE("whatever write fails, a restart has what was acknowledged", "[faults]") {
  const recorded_run run = recorded_run::make(4, 45);
  const file_fault how = GENERATE(file_fault::error, file_fault::half, file_fault::no_space);
  const unsynced what = GENERATE(unsynced::kept, unsynced::lost);
  for (std::uint64_t n = 1; n < run.batches.size(); n += 2) {
    const temporary_directory scratch;
    const fs::path root = scratch.path() / "root";
    fs::create_directory(root);
    std::size_t acknowledged = 0;
    {
      store_on_faults on{root};
      on.make(run);
      const auto opened = on.store->open();
      REQUIRE(opened.has_value());
      on.files->plan({.what = how, .at = file_call::write, .files = ".log", .nth = n});
      while (acknowledged < run.batches.size() &&
             commit(*on.store, run.batches[acknowledged], opened->epoch))
        ++acknowledged;
      CHECK(acknowledged < run.batches.size());
      on.close();
      on.files->restore_power(what);
    }
    INFO("write " << n);
    check_prefix(run, root, acknowledged, what == unsynced::kept, false, true);
  }
}

TEST_CASE_METHOD(failing_disk, "a read that fails is told, and is not the end", "[faults]") {
  {
    conformance::bench b{[this](std::size_t) { return make(); }};
    b.create(1, "f");
  }
  const auto store = make();
  const auto opened = store->open();  // What was in the log is in tables now.
  REQUIRE(opened.has_value());
  files->plan({.what = file_fault::error, .at = file_call::read, .files = ".sst"});
  std::optional<fsm::expected<std::string>> answer;
  store->read_document(1, 1, [&](fsm::expected<std::string> given) { answer = given; });
  REQUIRE(answer.has_value());
  REQUIRE_FALSE(answer->has_value());
  CHECK(answer->error().code != errc::not_found);
  CHECK_THAT(answer->error().message, ContainsSubstring(data().string()));
  CHECK_THAT(answer->error().message, ContainsSubstring("check it"));
  store->read_document(1, 1, [&](fsm::expected<std::string> given) { answer = given; });
  CHECK(answer->value() == "one");
}

TEST_CASE_METHOD(failing_disk, "a start that meets an error says where, and can be tried again",
                 "[faults]") {
  {
    conformance::bench b{[this](std::size_t) { return make(); }};
    b.create(1, "f");
  }
  for (const file_call at : {file_call::open, file_call::create, file_call::read, file_call::write,
                             file_call::sync, file_call::sync_directory, file_call::enter}) {
    for (const file_fault what : {file_fault::error, file_fault::no_space}) {
      for (std::uint64_t nth = 1; nth < 100; ++nth) {
        INFO(to_string(at) << ' ' << nth);
        files->plan({.what = what, .at = at, .nth = nth, .lasting = true});
        const auto opened = make()->open();
        files->forgive();
        if (opened) break;
        CHECK_THAT(opened.error().message, ContainsSubstring(data().string()));
        CHECK_THAT(opened.error().message, ContainsSubstring(" ("));  // A remedy.
        if (what == file_fault::no_space)
          CHECK_THAT(opened.error().message, ContainsSubstring("make room"));
      }
    }
  }
  conformance::bench b{[this](std::size_t) { return make(); }};
  CHECK(conformance::recovered{b.store()}.functions.size() == 1);
}

TEST_CASE("a disk that is full from some byte on takes nothing that was acknowledged", "[faults]") {
  const recorded_run run = recorded_run::make(5, 30);
  for (std::uint64_t bytes = 0; bytes < 400'000; bytes += 7'919) {
    INFO(bytes << " bytes");
    const temporary_directory scratch;
    const fs::path root = scratch.path() / "root";
    fs::create_directory(root);
    std::size_t acknowledged = 0;
    {
      store_on_faults on{root};
      on.files->leave_space(bytes);
      on.make(run);
      const auto opened = on.store->open();
      if (!opened) CHECK_THAT(opened.error().message, ContainsSubstring("make room"));
      while (opened && acknowledged < run.batches.size()) {
        const auto written = commit(*on.store, run.batches[acknowledged], opened->epoch);
        if (!written) {
          CHECK_THAT(written.error().message, ContainsSubstring("make room"));
          break;
        }
        ++acknowledged;
      }
      on.close();
      on.files->restore_power(unsynced::kept);
    }
    check_prefix(run, root, acknowledged, false, false, true);
  }
}

TEST_CASE("a runtime whose disk fails refuses writes, says so, and goes on reading", "[faults]") {
  for (const named_fault& each : commit_faults()) {
    INFO(each.name);
    const failing_disk disk;
    fsm::options how;
    how.clock = std::make_shared<fsm::manual_clock>();
    how.functions_max = 64;
    how.threads = 1;
    how.store = disk.make();
    std::optional<fsm::runtime> runtime{how};
    for (const char* name : {"calm", "f"}) {
      REQUIRE(runtime->create({.name = name, .document = "one"}));
      runtime->settle();
    }
    CHECK(runtime->health().has_value());
    disk.files->plan(each.fault);
    CHECK(code(runtime->update({.name = "f", .document = "two"})) == errc::outcome_unknown);
    CHECK(code(runtime->create({.name = "new"})) == errc::outcome_unknown);
    CHECK(code(runtime->update({.name = "calm", .document = "two"})) == errc::outcome_unknown);
    const auto health = runtime->health();
    REQUIRE_FALSE(health.has_value());
    CHECK_THAT(health.error().message, ContainsSubstring(disk.data().string()));
    CHECK_THAT(health.error().message, ContainsSubstring(each.remedy));
    CHECK(code(runtime->get("f")) == errc::outcome_unknown);
    const auto calm = runtime->get("calm");
    REQUIRE(calm.has_value());
    CHECK(calm->document == "one");
    CHECK(runtime->admit("calm").has_value());
    CHECK(runtime->history("calm")->size() == 2);
    runtime.reset();

    how.store.reset();
    disk.files->restore_power(unsynced::kept);
    how.store = disk.make();
    runtime.emplace(how);
    runtime->settle();
    CHECK(runtime->health().has_value());
    CHECK(runtime->get("calm")->document == "one");
    const std::string document = runtime->get("f")->document;
    CHECK((document == "one" || document == "two"));
    CHECK(code(runtime->get("new")) == errc::not_found);
    CHECK(runtime->update({.name = "calm", .document = "two"}));
    runtime.reset();
  }
}
