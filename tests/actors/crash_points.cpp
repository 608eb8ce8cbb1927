#include "crash_points.hpp"

#include <catch2/catch_test_macros.hpp>
#include <store/rocksdb/internal.hpp>

#include <algorithm>
#include <exception>
#include <future>
#include <system_error>
#include <utility>

namespace fsm::testing {

namespace fs = std::filesystem;

namespace {

// The marks of what was acknowledged and how long the MANIFEST is are written beside the
// environment, and nobody syncs them: the disk may have any of their values, here the latest.
void copy_marks(const fs::path& from, const fs::path& to) {
  for (const char* name : {"ACKNOWLEDGED", "MANIFEST-SIZE"}) {
    const fs::path mark = from / "db" / name;
    if (!fs::exists(mark) || !fs::exists(to / "db")) continue;
    fs::copy_file(mark, to / "db" / name, fs::copy_options::overwrite_existing);
  }
}

// Points between which something changes on the disk.
bool is_of_interest(const recorded_call& call, unsynced what) {
  const bool syncs = call.what == file_call::sync || call.what == file_call::sync_directory;
  switch (what) {
    case unsynced::kept: return !syncs;
    // Not of the MANIFEST: RocksDB does not open one that ends with zeros.
    case unsynced::zeroed: return syncs && call.file.find(".log") != std::string::npos;
    default: return call.what != file_call::create && call.what != file_call::write;
  }
}

}  // namespace

store_on_faults::store_on_faults(const fs::path& root)
    : files{std::make_shared<faulty_file_system>(root)}, env{make_env(files)} {}

void store_on_faults::make(const recorded_run& run, durability mode, bool restarted) {
  store = rocks::make_store({.directory = files->model().root() / "db",
                             .mode = mode,
                             .history_max = run.history_max,
                             .event_log_bytes = std::uint64_t{1} << 20U},
                            {.env = env.get(), .boot = restarted ? "second boot" : "first boot"});
}

void check_prefix(const recorded_run& run, const fs::path& root, std::size_t acknowledged,
                  bool exactly, bool may_lose, bool go_on) {
  store_on_faults on{root};
  on.make(run, durability::synced, !exactly);
  auto opened = on.store->open();
  if (!opened) FAIL("it does not open: " << opened.error().message);
  const store_state found = store_state::of(*on.store, *opened);
  const auto& states = run.states;
  const std::size_t end = std::min(acknowledged + 2, states.size());
  if (!may_lose) REQUIRE(found.last_sequence >= states[acknowledged].last_sequence);
  std::size_t at = exactly ? acknowledged : 0;
  while (at < end && !found.agrees_with(states[at])) ++at;
  if (at == end) {
    // The nearest state, for the message.
    std::size_t near = end - 1;
    while (near > 0 && states[near].last_sequence > found.last_sequence) --near;
    FAIL("after " << acknowledged << " batches (sequence " << states[acknowledged].last_sequence
                  << ") it is at sequence " << found.last_sequence
                  << " in no state it ever had: " << found.difference(states[near]));
  }
  if (!go_on || at == run.batches.size()) return;
  // Of batches without changes some may be gone; those after them must do without.
  while (at + 1 < states.size() && states[at + 1].last_sequence == found.last_sequence) ++at;
  if (at == run.batches.size() || !found.agrees_with(states[at])) return;
  const auto written = commit(*on.store, run.batches[at], opened->epoch);
  if (!written) FAIL("it takes nothing more: " << written.error().message);
  on.close();
  on.make(run, durability::synced, !exactly);
  opened = on.store->open();
  if (!opened) FAIL("it does not open again: " << opened.error().message);
  const store_state next = store_state::of(*on.store, *opened);
  if (!next.agrees_with(states[at + 1])) {
    FAIL("after one more batch it is wrong: " << next.difference(states[at + 1]));
  }
}

crash_points::crash_points(const recorded_run& run, crash_plan plan) : run_{run}, plan_{plan} {
  fs::create_directory(scratch_.path() / "root");
  on_ = store_on_faults{scratch_.path() / "root"};
  on_.files->watch([this](const recorded_call& call, bool after) {
    if (!after && is_of_interest(call, plan_.what))
      add_point("before " + std::string{to_string(call.what)} + " of " + call.file);
  });
}

crash_points::~crash_points() { on_.close(); }

std::size_t crash_points::play() {
  constexpr std::size_t lives = 5;
  start();
  for (std::size_t n = 0; n < run_.batches.size(); ++n) {
    if (n != 0 && n % (run_.batches.size() / lives) == 0) {
      on_.close();
      check_points();
      start();
    }
    if (n == run_.batches.size() / 2) {
      std::promise<expected<std::string>> made;
      on_.store->checkpoint([&made](expected<std::string> name) { made.set_value(name); });
      auto name = made.get_future();
      REQUIRE(name.wait_for(std::chrono::minutes{1}) == std::future_status::ready);
      REQUIRE(name.get().has_value());
    }
    const auto written = commit(*on_.store, run_.batches[n], epoch_);
    if (!written) FAIL(written.error().message);
    acknowledged_ = n + 1;
    check_points();
  }
  on_.close();
  add_point("at the end");
  check_points();
  return count_;
}

void crash_points::start() {
  on_.make(run_, plan_.mode);
  const auto opened = on_.store->open();
  if (!opened) FAIL(opened.error().message);
  epoch_ = opened->epoch;
  static_cast<void>(store_state::of(*on_.store, *opened));  // Recovers it.
  check_points();
}

void crash_points::add_point(const std::string& when) {
  const std::lock_guard lock{mutex_};
  // In this order: nothing may be missing on the disk that was acknowledged before.
  const std::size_t acknowledged = acknowledged_;
  const fs::path root = scratch_.path() / "root";
  const fs::path copy = scratch_.path() / ("point-" + std::to_string(++count_));
  const fs::path mark = scratch_.path() / "mark";
  fs::create_directories(mark / "db");
  copy_marks(root, mark);
  on_.files->copy_disk(copy, plan_.what, plan_.seed + count_);
  copy_marks(mark, copy);
  points_.push_back({.copy = copy, .acknowledged = acknowledged, .when = when});
}

void crash_points::check_points() {
  std::vector<point> some;
  {
    const std::lock_guard lock{mutex_};
    some = std::exchange(points_, {});
  }
  const bool kept = plan_.what == unsynced::kept;
  std::size_t number = 0;
  for (const point& p : some) {
    INFO("the end came " << p.when << ", in " << p.copy.filename() << "; the calls before:\n"
                         << on_.files->last_calls(10));
    check_prefix(run_, p.copy, p.acknowledged, kept, plan_.mode == durability::buffered && !kept,
                 ++number % 8 == 0);
    fs::remove_all(p.copy);
  }
}

}  // namespace fsm::testing
