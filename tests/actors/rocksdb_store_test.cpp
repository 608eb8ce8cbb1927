#include "store/rocksdb/database.hpp"
#include "store_conformance.hpp"
#include "support/temporary_directory.hpp"
#include <fsm/rocksdb.hpp>

#include <algorithm>
#include <list>
#include <map>
#include <random>
#include <set>

namespace conformance = fsm::testing::store_conformance;
using namespace fsm::testing;
namespace pairs = fsm::pairs;
using fsm::change;
using fsm::errc;
using fsm::note_kind;

namespace {

fsm::timestamp at(std::int64_t ms) { return fsm::timestamp{fsm::duration{ms}}; }

/// One writer in front of two stores: what RocksDB gives back must be what memory gives back.
class twins {
public:
  explicit twins(std::uint32_t seed) : random_{seed} { reopen(); }

  void reopen() {
    disk_.reset();
    disk_ = fsm::rocksdb_store({.directory = directory_.path(), .history_max = history_max});
    const auto here = disk_->open();
    const auto there = memory_->open();
    REQUIRE(here.has_value());
    REQUIRE(there.has_value());
    CHECK(here->last_sequence == there->last_sequence);
    CHECK(here->last_uid == there->last_uid);
    CHECK(here->alive_at == there->alive_at);
    CHECK(here->epoch == there->epoch);
    epoch_ = here->epoch;
    conformance::recovered on_disk{*disk_};
    conformance::recovered in_memory{*memory_};
    CHECK(on_disk.owed == in_memory.owed);
    CHECK(on_disk.functions == in_memory.functions);
  }

  /// A commit of some random changes and notes.
  void commit() {
    std::list<change> changes;
    std::vector<fsm::note> notes;
    const std::size_t count = pick(0, 5);
    for (std::size_t i = 0; i < count; ++i) changes.push_back(random_change());
    for (std::size_t i = pick(0, 3); i-- > 0;) notes.push_back(random_note());
    now_ += fsm::duration{static_cast<std::int64_t>(pick(0, 50))};
    for (const auto& store : {disk_, memory_}) {
      std::list<change> copies = changes;
      std::vector<change*> pointers;
      for (change& c : copies) {
        store->prepare(c);
        pointers.push_back(&c);
      }
      std::promise<fsm::expected<void>> answer;
      store->commit({.changes = pointers, .notes = notes, .epoch = epoch_, .at = now_},
                    [&answer](auto given) { answer.set_value(std::move(given)); });
      REQUIRE(answer.get_future().get().has_value());
    }
  }

  /// Everything that can be read.
  void compare() {
    for (std::uint64_t uid = 1; uid <= last_uid_; ++uid) {
      CHECK(read<std::vector<fsm::transition>>(
          [uid](fsm::store& s, auto done) { s.read_history(uid, done); }));
      CHECK(
          read<fsm::reason_texts>([uid](fsm::store& s, auto done) { s.read_reasons(uid, done); }));
      for (std::uint32_t version = 1; version <= 6; ++version) {
        CHECK(read<std::string>(
            [uid, version](fsm::store& s, auto done) { s.read_document(uid, version, done); }));
      }
    }
    CHECK(read<std::vector<std::string>>(
        [](fsm::store& s, auto done) { s.read_names("f-1", "f-12", 7, done); }));
    CHECK(read<std::vector<std::string>>(
        [](fsm::store& s, auto done) { s.read_names("", "", 10'000, done); }));
    const std::uint64_t after = pick(0, sequence_);
    CHECK(read<fsm::event_page>(
        [after](fsm::store& s, auto done) { s.read_events(after, 50, done); }));
  }

private:
  struct life {
    std::string name;
    fsm::lifecycle_record record;
    std::uint64_t last = 0;
    std::uint8_t place = 0;
    std::vector<std::uint32_t> versions;
    std::uint32_t last_version = 0;
  };
  static constexpr std::size_t history_max = 5;

  std::size_t pick(std::size_t from, std::size_t to) {
    return std::uniform_int_distribution<std::size_t>{from, to}(random_);
  }

  static std::string text(const fsm::transition& t) {
    return fsm::revision_id(t.uid, t.revision) + t.name + t.reason + std::to_string(t.sequence) +
           "<" + std::to_string(t.previous) + "@" +
           std::to_string(t.at.time_since_epoch().count()) +
           std::to_string(static_cast<int>(t.event)) + std::to_string(static_cast<int>(t.cause)) +
           std::to_string(fsm::index_of(t.from)) + ">" + std::to_string(fsm::index_of(t.to)) +
           std::to_string(static_cast<int>(t.state_reason_code)) + "," +
           std::to_string(static_cast<int>(t.update_reason_code));
  }
  static std::string text(const std::vector<fsm::transition>& all, bool names) {
    std::string result;
    for (fsm::transition t : all) {
      if (!names) t.name.clear();  // A history need not have them.
      result += text(t) + "\n";
    }
    return result;
  }
  static std::string text(const std::vector<fsm::transition>& all) { return text(all, false); }
  static std::string text(const fsm::event_page& page) {
    return std::to_string(page.oldest) + "\n" + text(page.events, true);
  }
  static std::string text(const fsm::reason_texts& texts) {
    return texts.state + "|" + texts.update;
  }
  static std::string text(const std::string& document) { return document; }
  static std::string text(const std::vector<std::string>& names) {
    std::string result;
    for (const std::string& name : names) result += name + "\n";
    return result;
  }

  template <class Answer, class Ask>
  bool read(Ask ask) {
    std::vector<std::string> answers;
    for (const auto& store : {disk_, memory_}) {
      ask(*store, [&answers](const fsm::expected<Answer>& given) {
        answers.push_back(given ? text(*given) : "error: " + given.error().message);
      });
    }
    REQUIRE(answers.size() == 2);
    INFO(answers[0] << " / " << answers[1]);
    CHECK(answers[0] == answers[1]);
    return answers[0] == answers[1];
  }

  change random_change() {
    const bool is_new = lives_.empty() || (lives_.size() < 40 && pick(0, 3) == 0);
    const std::uint64_t uid =
        is_new ? ++last_uid_
               : std::next(lives_.begin(), static_cast<std::ptrdiff_t>(pick(0, lives_.size() - 1)))
                     ->first;
    life& f = lives_[uid];
    change c;
    c.transition.uid = uid;
    c.before = f.record;
    c.transition.from = is_new ? pairs::absent : f.record.pair;
    if (is_new) f.name = "f-" + std::to_string(pick(0, 1000)) + "-" + std::to_string(uid);
    const bool removed = !is_new && pick(0, 9) == 0;
    f.record.pair = removed ? pairs::absent : situations_[pick(0, situations_.size() - 1)];
    f.record.state_reason = codes_[pick(0, codes_.size() - 1)];
    f.record.update_reason = codes_[pick(0, codes_.size() - 1)];
    f.record.revision = static_cast<std::uint32_t>(pick(1, 1000));
    f.record.attempt += static_cast<std::uint32_t>(pick(0, 1));
    f.record.since = now_;
    c.record = f.record;
    c.transition.name = f.name;
    c.transition.sequence = ++sequence_;
    c.transition.previous = std::exchange(f.last, sequence_);
    c.transition.to = f.record.pair;
    c.transition.at = now_;
    c.transition.event = static_cast<fsm::event>(pick(0, fsm::event_count - 1));
    c.transition.cause = fsm::cause::provider;
    c.transition.state_reason_code = f.record.state_reason;
    c.transition.update_reason_code = f.record.update_reason;
    c.transition.revision = f.record.revision;
    const bool about_update = c.transition.event == fsm::event::update_failed;
    if (fsm::is_failure(about_update ? f.record.update_reason : f.record.state_reason) &&
        pick(0, 1) == 0)
      c.transition.reason = "text " + std::to_string(sequence_);
    c.tenant = "blue";
    if (is_new && pick(0, 1) == 0) idle_of_[uid] = std::chrono::hours{pick(1, 5)};
    if (const auto own = idle_of_.find(uid); own != idle_of_.end()) c.idle_after = own->second;
    c.last_used = now_;
    change_documents(c, f, removed);
    if (pick(0, 3) == 0) {
      c.owed_releases = {static_cast<std::uint32_t>(pick(0, 5)), 0};
      owed_.emplace(uid, c.owed_releases[0]);
    }
    c.history_place = std::exchange(f.place, disk_->history().next(f.place));
    c.epoch = epoch_;
    if (removed) lives_.erase(uid);
    return c;
  }

  /// At most two versions at a time, and none of a removed function.
  void change_documents(change& c, life& f, bool removed) {
    if (removed) {
      std::ranges::copy(f.versions, c.drop_versions.begin());
      return;
    }
    if (!f.versions.empty() && pick(0, 2) != 0) return;
    if (f.versions.size() == 2 || (!f.versions.empty() && pick(0, 1) == 0)) {
      c.drop_versions[0] = f.versions.front();
      f.versions.erase(f.versions.begin());
    }
    c.document_version = ++f.last_version;
    f.versions.push_back(c.document_version);
    c.document = "document " + std::to_string(sequence_);
  }

  fsm::note random_note() {
    const std::uint64_t uid = pick(1, last_uid_ + 1);
    const auto number = static_cast<std::uint32_t>(pick(1, 5));
    switch (pick(0, 3)) {
      case 0: return {.kind = note_kind::release_owed, .uid = uid, .number = number, .at = {}};
      case 1: return {.kind = note_kind::release_confirmed, .uid = uid, .number = number, .at = {}};
      case 2: return {.kind = note_kind::owner_alive, .uid = 0, .number = 0, .at = {}};
      default: break;
    }
    now_ += fsm::duration{1};
    return {.kind = note_kind::used, .uid = uid, .number = 0, .at = now_};
  }

  static constexpr auto situations_ =
      std::to_array({pairs::creating, pairs::ready, pairs::broken, pairs::updating, pairs::idle});
  static constexpr auto codes_ =
      std::to_array({fsm::reason_code::none, fsm::reason_code::idle, fsm::reason_code::creating,
                     fsm::reason_code::invalid_subnet, fsm::reason_code::invalid_image});

  std::mt19937 random_;
  temporary_directory directory_;
  std::shared_ptr<fsm::store> disk_;
  std::shared_ptr<fsm::store> memory_ = fsm::make_memory_store(history_max);
  std::map<std::uint64_t, life> lives_;
  std::map<std::uint64_t, fsm::duration> idle_of_;
  std::set<std::pair<std::uint64_t, std::uint32_t>> owed_;
  std::uint64_t sequence_ = 0;
  std::uint64_t last_uid_ = 0;
  std::uint64_t epoch_ = 0;
  fsm::timestamp now_ = at(1'000'000);
};

}  // namespace

TEST_CASE("the store on disk does what every store must do", "[store]") {
  for (const fsm::durability mode : {fsm::durability::synced, fsm::durability::buffered}) {
    std::list<temporary_directory> directories;
    conformance::check_all([&](std::size_t history_max) {
      return fsm::rocksdb_store({.directory = directories.emplace_back().path(),
                                 .mode = mode,
                                 .history_max = history_max});
    });
  }
}

TEST_CASE("the store on disk answers as the one in memory, also after it was closed", "[store]") {
  const std::uint32_t seed = GENERATE(1U, 2U, 3U, 4U);
  twins both{seed};
  for (int life = 0; life < 4; ++life) {
    for (int i = 0; i < 60; ++i) {
      both.commit();
      if (i % 20 == 0) both.compare();
    }
    both.reopen();
    both.compare();
  }
}

TEST_CASE("a reader that asks for events beyond the end is given none", "[store]") {
  const temporary_directory directory;
  conformance::bench b{[&](std::size_t) { return fsm::rocksdb_store(directory.path()); }};
  b.create(1, "f");
  for (const std::uint64_t after : {std::uint64_t{1}, std::uint64_t{7}, ~std::uint64_t{0}}) {
    fsm::event_page page;
    b.store().read_events(after, 10,
                          [&](const fsm::expected<fsm::event_page>& given) { page = *given; });
    CHECK(page.events.empty());
    CHECK(page.oldest == 1);
  }
}

TEST_CASE("the use of a function that is gone is forgotten at the next start", "[store]") {
  const temporary_directory directory;
  {
    conformance::bench b{[&](std::size_t) { return fsm::rocksdb_store(directory.path()); }};
    b.create(1, "f");
    b.create(2, "g");
    b.remove(1, "f");
    b.keep({.kind = note_kind::used, .uid = 1, .number = 0, .at = at(7)});
    b.keep({.kind = note_kind::used, .uid = 2, .number = 0, .at = at(8)});
    b.keep({.kind = note_kind::used, .uid = 3, .number = 0, .at = at(9)});
  }
  {
    const auto store = fsm::rocksdb_store(directory.path());
    REQUIRE(store->open().has_value());
    const conformance::recovered found{*store};
    REQUIRE(found.functions.size() == 1);
    CHECK(found.functions[0].last_used == at(8));
  }
  const auto db = fsm::rocks::open_to_read(directory.path());
  REQUIRE(db.has_value());
  const auto uses = db->scan(fsm::rocks::family::last_used);
  uses->SeekToFirst();
  REQUIRE(uses->Valid());
  CHECK(uses->key() == rocksdb::Slice("\0\0\0\0\0\0\0\2", 8));
  uses->Next();
  CHECK_FALSE(uses->Valid());
}

TEST_CASE("a store that is opened says about how many functions it has", "[store]") {
  const temporary_directory directory;
  const auto open = [&] {
    return conformance::bench{[&](std::size_t) { return fsm::rocksdb_store(directory.path()); }};
  };
  {
    conformance::bench b = open();
    for (std::uint64_t uid = 1; uid <= 500; ++uid) b.create(uid, "f" + std::to_string(uid));
  }
  for (int start = 0; start < 2; ++start) {
    const auto opened = fsm::rocksdb_store(directory.path())->open();
    REQUIRE(opened.has_value());
    CHECK(opened->functions >= 400);
    CHECK(opened->functions <= 600);
  }
}

TEST_CASE("a large commit is kept whole: its functions, their uses and its events", "[store]") {
  constexpr std::uint64_t crowd = 2'500;
  const temporary_directory directory;
  {
    conformance::bench b{[&](std::size_t) { return fsm::rocksdb_store(directory.path()); }};
    std::vector<change> batch;
    std::vector<fsm::note> notes;
    for (std::uint64_t uid = 1; uid <= crowd; ++uid) {
      batch.push_back(b.make(uid, "f" + std::to_string(uid), pairs::absent, pairs::ready));
      notes.push_back({.kind = note_kind::used, .uid = uid, .number = 0, .at = at(7)});
    }
    REQUIRE(b.commit(std::move(batch), std::move(notes)).has_value());
    std::optional<fsm::event_page> page;
    for (const std::uint64_t after : {std::uint64_t{0}, std::uint64_t{127}, crowd - 1}) {
      b.store().read_events(after, crowd, [&](auto given) { page = *std::move(given); });
      REQUIRE(page->events.size() == crowd - after);
      CHECK(page->events.front().sequence == after + 1);
      CHECK(page->events.back().sequence == crowd);
    }
  }
  const auto store = fsm::rocksdb_store(directory.path());
  REQUIRE(store->open().has_value());
  const conformance::recovered found{*store};
  REQUIRE(found.functions.size() == crowd);
  for (std::uint64_t uid = 1; uid <= crowd; ++uid) {
    const fsm::stored_function& f = found.functions[uid - 1];
    if (f.uid != uid || f.last_used != at(7)) FAIL("function " << uid << " is " << f.uid);
  }
}

TEST_CASE("events past the retention are gone, and the oldest that is left is told", "[store]") {
  const temporary_directory directory;
  const std::string text(2000, 'x');
  std::uint64_t last = 0;
  conformance::bench b{[&](std::size_t) {
    return fsm::rocksdb_store(
        {.directory = directory.path(), .event_log_bytes = std::uint64_t{1} << 20U});
  }};
  for (int round = 0; round < 60; ++round) {
    std::vector<change> batch;
    for (std::uint64_t uid = 1; uid <= 50; ++uid) {
      batch.push_back(b.make(uid, "f", round == 0 ? pairs::absent : pairs::ready, pairs::ready,
                             [&](change& c) { c.transition.reason = text; }));
      last = batch.back().transition.sequence;
    }
    REQUIRE(b.commit(std::move(batch)).has_value());
  }
  fsm::event_page page;
  // Files are dropped in the background.
  for (int tries = 0; tries < 10'000 && page.oldest == 1; ++tries) {
    b.store().read_events(0, 10,
                          [&](const fsm::expected<fsm::event_page>& given) { page = *given; });
    std::this_thread::yield();
  }
  CHECK(page.oldest > 1);
  CHECK(page.oldest < last);
  REQUIRE_FALSE(page.events.empty());
  CHECK(page.events.front().sequence == page.oldest);
  const std::uint64_t after = page.oldest + 1;
  b.store().read_events(after, 10'000,
                        [&](const fsm::expected<fsm::event_page>& given) { page = *given; });
  REQUIRE_FALSE(page.events.empty());
  // More may have been dropped meanwhile.
  CHECK(page.events.front().sequence == std::max(after + 1, page.oldest));
  CHECK(page.events.back().sequence == last);
}
