#include "crash_points.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

// Whatever moment the power goes or the process ends: what was acknowledged is there, and what is
// there is what the store had after some batch.

using namespace fsm::testing;
using fsm::durability;

namespace {

const recorded_run& long_run() {
  static const recorded_run run = recorded_run::make(1, 180);
  return run;
}

void play(crash_plan plan) {
  crash_points points{long_run(), plan};
  // One for each commit that is synced, and more for what is done with files.
  std::size_t synced = 0;
  for (const recorded_batch& batch : long_run().batches) synced += batch.changes.empty() ? 0 : 1;
  // Hardly any when nothing is synced.
  const bool few = plan.mode == durability::buffered && plan.what != unsynced::kept;
  CHECK(points.play() > (!few ? synced : plan.what == unsynced::zeroed ? 5 : 100));
}

}  // namespace

TEST_CASE("a recorded run has everything in it", "[crash]") {
  std::set<fsm::event> events;
  std::size_t transitions = 0;
  std::size_t owed = 0;
  std::size_t confirmed = 0;
  std::size_t texts = 0;
  std::size_t large = 0;
  for (const recorded_batch& batch : long_run().batches) {
    for (const fsm::change& c : batch.changes) {
      ++transitions;
      events.insert(c.transition.event);
      owed += c.owed_releases[0] != 0 ? 1 : 0;
      texts += c.transition.reason.empty() ? 0 : 1;
      large += c.document && c.document->size() > 32'768 ? 1 : 0;
    }
    for (const fsm::note& n : batch.notes)
      confirmed += n.kind == fsm::note_kind::release_confirmed ? 1 : 0;
  }
  INFO(long_run().batches.size() << " batches");
  CHECK(transitions > 150);
  CHECK(events.size() > 8);
  CHECK(owed > 20);
  CHECK(confirmed > 10);
  CHECK(texts > 3);
  CHECK(large > 1);
}

TEST_CASE("a power cut loses nothing that was acknowledged", "[crash]") {
  play({.what = unsynced::lost});
}

TEST_CASE("a power cut that tears what was not synced loses nothing that was acknowledged",
          "[crash]") {
  play({.what = unsynced::torn, .seed = 7});
}

TEST_CASE("a power cut that leaves zeros where nothing was synced loses nothing acknowledged",
          "[crash]") {
  play({.what = unsynced::zeroed, .seed = 11});
}

TEST_CASE("the end of the process loses nothing that was acknowledged", "[crash]") {
  play({.what = unsynced::kept});
}

TEST_CASE("the end of the process loses nothing in buffered mode either", "[crash]") {
  play({.mode = durability::buffered, .what = unsynced::kept});
}

TEST_CASE("after a power cut in buffered mode there is a state the store once had", "[crash]") {
  play({.mode = durability::buffered, .what = unsynced::lost});
}

TEST_CASE("so is there when the power cut leaves zeros", "[crash]") {
  play({.mode = durability::buffered, .what = unsynced::zeroed, .seed = 17});
}

TEST_CASE("so is there when the power cut tears what was not synced", "[crash]") {
  play({.mode = durability::buffered, .what = unsynced::torn, .seed = 13});
}

namespace {

// Commits batch after batch until the store fails. Returns how many were acknowledged.
std::size_t play_until_the_end(store_on_faults& on, const recorded_run& run) {
  on.make(run);
  const auto opened = on.store->open();
  if (!opened) {
    CHECK(on.files->power_is_cut());
    CHECK(opened.error().message.find((on.files->model().root() / "db").string()) !=
          std::string::npos);
    return 0;
  }
  std::size_t acknowledged = 0;
  for (; acknowledged < run.batches.size(); ++acknowledged) {
    const auto written = commit(*on.store, run.batches[acknowledged], opened->epoch);
    if (written) continue;
    CHECK(on.files->power_is_cut());
    CHECK(written.error().code == fsm::errc::outcome_unknown);
    // It is the last word.
    const auto refused = commit(*on.store, run.batches[acknowledged], opened->epoch);
    CHECK_FALSE(refused.has_value());
    break;
  }
  return acknowledged;
}

// The power goes at one call of a run on a store; then there is power again.
void cut_once(const recorded_run& run, const planned_fault& cut, unsynced what) {
  const temporary_directory scratch;
  const auto root = scratch.path() / "root";
  std::filesystem::create_directory(root);
  std::size_t acknowledged = 0;
  std::string calls;
  {
    store_on_faults on{root};
    on.files->plan(cut);
    acknowledged = play_until_the_end(on, run);
    on.close();
    CHECK(on.files->power_is_cut());
    calls = on.files->last_calls(10);
    on.files->restore_power(what, cut.nth);
  }
  INFO("at " << to_string(cut.at) << ' ' << cut.nth << ", the last calls:\n" << calls);
  check_prefix(run, root, acknowledged, false, false, cut.nth % 4 == 0);
}

}  // namespace

TEST_CASE("a store that is cut off at any sync fails, and a restart shows what it held",
          "[crash]") {
  const recorded_run run = recorded_run::make(2, 45);
  std::uint64_t syncs = 0;
  {
    const temporary_directory scratch;
    std::filesystem::create_directory(scratch.path() / "root");
    store_on_faults on{scratch.path() / "root"};
    CHECK(play_until_the_end(on, run) == run.batches.size());
    on.close();
    syncs = on.files->count(file_call::sync);
    CHECK(syncs > 40);
  }
  for (std::uint64_t n = 1; n <= syncs; ++n) {
    cut_once(run, {.what = file_fault::power_cut_before, .at = file_call::sync, .nth = n},
             n % 2 == 0 ? unsynced::lost : unsynced::torn);
    cut_once(run, {.what = file_fault::power_cut_after, .at = file_call::sync, .nth = n},
             unsynced::lost);
  }
}

TEST_CASE("a start that is cut off at any call loses nothing", "[crash]") {
  const recorded_run run = recorded_run::make(3, 60);
  const temporary_directory scratch;
  const auto base = scratch.path() / "base";
  std::uint64_t calls = 0;
  {
    const auto root = scratch.path() / "root";
    std::filesystem::create_directory(root);
    store_on_faults on{root};
    CHECK(play_until_the_end(on, run) == run.batches.size());
    on.files->copy_disk(base);  // With all in the log.
    on.close();
  }
  const auto start = [&](const std::filesystem::path& root, std::uint64_t nth) {
    std::filesystem::copy(base, root, std::filesystem::copy_options::recursive);
    store_on_faults on{root};
    if (nth != 0) on.files->plan({.what = file_fault::power_cut_before, .nth = nth});
    on.make(run);
    if (const auto opened = on.store->open()) {
      struct nobody final : fsm::recovery {
        void on_function(fsm::stored_function&) override {}
        void on_owed_release(std::uint64_t, std::uint32_t) override {}
      } into;
      CHECK((on.store->recover(into).has_value() || on.files->power_is_cut()));
    } else {
      CHECK(on.files->power_is_cut());
    }
    on.close();
    calls = on.files->count(file_call::any);
    if (nth != 0) on.files->restore_power(nth % 2 == 0 ? unsynced::lost : unsynced::torn, nth);
  };
  start(scratch.path() / "whole", 0);
  const std::uint64_t all = calls;
  CHECK(all > 50);
  for (std::uint64_t n = 1; n <= all; ++n) {
    const auto root = scratch.path() / "cut";
    start(root, n);
    INFO("call " << n << " of " << all);
    check_prefix(run, root, run.batches.size(), false, false, false);
    std::filesystem::remove_all(root);
  }
}
