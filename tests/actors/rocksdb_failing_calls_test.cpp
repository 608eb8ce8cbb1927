#include "failing_disk.hpp"
#include "store/rocksdb/listener.hpp"
#include "store/rocksdb/manifest_mark.hpp"
#include "store_conformance.hpp"
#include "support/recorded_run.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// A disk that fails in the middle of a call: each kind of call of a store says so.

namespace conformance = fsm::testing::store_conformance;
namespace rocks = fsm::rocks;
namespace pairs = fsm::pairs;
using namespace fsm::testing;
using Catch::Matchers::ContainsSubstring;
using fsm::errc;

namespace {

struct nobody final : fsm::recovery {
  void on_function(fsm::stored_function& /*function*/) override {}
  void on_owed_release(std::uint64_t /*uid*/, std::uint32_t /*number*/) override {}
};

// What a store has told its operator.
class warnings {
public:
  [[nodiscard]] std::function<void(std::string_view)> sink() {
    return [this](std::string_view line) {
      const std::lock_guard lock{mutex_};
      lines_.emplace_back(line);
    };
  }
  [[nodiscard]] std::string text() const {
    const std::lock_guard lock{mutex_};
    std::string all;
    for (const std::string& line : lines_) all += line + '\n';
    return all;
  }

private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

fsm::expected<std::string> checkpoint(fsm::store& of) {
  std::promise<fsm::expected<std::string>> answer;
  of.checkpoint([&](auto given) { answer.set_value(std::move(given)); });
  return answer.get_future().get();
}

}  // namespace

TEST_CASE_METHOD(failing_disk, "whatever is read from a disk that fails is an error that says so",
                 "[faults]") {
  {
    conformance::bench b{[this](std::size_t) { return make(); }};
    b.put(b.make(1, "f", pairs::absent, pairs::broken, [](fsm::change& c) {
      c.transition.event = fsm::event::provision_failed;
      c.transition.reason = "mine";
      c.record.state_reason = fsm::reason_code::invalid_image;
      c.document = "one";
      c.document_version = 1;
      c.metadata = "tags";
      c.owed_releases = {7, 0};
    }));
  }
  const auto store = make();
  REQUIRE(store->open().has_value());  // What was in the log is in tables now.
  std::map<std::string, fsm::expected<void>> told;
  const auto keep = [&told](const char* what) {
    return [&told, what](const auto& given) {
      told[what] = given ? fsm::expected<void>{} : fsm::unexpected(given.error());
    };
  };
  nobody into;
  const auto read_all = [&] {
    store->read_document(1, 1, keep("document"));
    store->read_metadata(1, keep("metadata"));
    store->read_all_metadata(0, 10, keep("all metadata"));
    store->read_reasons(1, keep("reasons"));
    store->read_history(1, keep("history"));
    store->read_names("", "", 10, keep("names"));
    store->read_events(0, 10, keep("events"));
    keep("recovery")(store->recover(into));
  };
  files->plan({.what = file_fault::error, .at = file_call::read, .files = ".sst", .lasting = true});
  read_all();
  CHECK(told.size() == 8);
  for (const auto& [what, given] : told) {
    INFO(what);
    REQUIRE_FALSE(given.has_value());
    CHECK(given.error().code != errc::not_found);
    CHECK_THAT(given.error().message, ContainsSubstring(data().string()));
    CHECK_THAT(given.error().message, ContainsSubstring("cannot be read"));
  }
  files->forgive();
  read_all();
  for (const auto& [what, given] : told) {
    INFO(what);
    CHECK(given.has_value());
  }
}

TEST_CASE("a first start that meets an error says where, and is begun again", "[faults]") {
  for (const file_call at : {file_call::write, file_call::sync, file_call::create, file_call::enter,
                             file_call::sync_directory}) {
    bool opens = false;
    for (std::uint64_t nth = 1; nth < 60 && !opens; ++nth) {
      INFO(to_string(at) << ' ' << nth);
      const failing_disk disk;
      disk.files->plan({.what = file_fault::error, .at = at, .nth = nth, .lasting = true});
      const auto opened = disk.make()->open();
      disk.files->forgive();
      opens = opened.has_value();
      if (!opened) CHECK_THAT(opened.error().message, ContainsSubstring(disk.data().string()));
      CHECK(disk.make()->open().has_value());
    }
    CHECK(opens);
  }
}

TEST_CASE_METHOD(failing_disk, "what cannot be written while functions are brought back is told",
                 "[faults]") {
  {
    conformance::bench b{[this](std::size_t) { return make(); }};
    b.create(1, "f");
    b.keep({.kind = fsm::note_kind::used, .uid = 9, .number = 0, .at = {}});
  }
  nobody into;
  const std::string which = GENERATE(".log", ".sst");
  const auto store = make();
  const auto opened = store->open();
  REQUIRE(opened.has_value());
  if (which == ".sst") {  // Something has to be written to a table first.
    const fsm::note used{.kind = fsm::note_kind::used, .uid = 1, .number = 0, .at = {}};
    REQUIRE(commit(*store, {.changes = {}, .notes = {used}, .at = {}}, opened->epoch).has_value());
  }
  const auto at = which == ".sst" ? file_call::create : file_call::write;
  files->plan({.what = file_fault::error, .at = at, .files = which, .lasting = true});
  const auto recovered = store->recover(into);
  INFO("no " << which << " can be written; the last calls:\n" << files->last_calls(5));
  REQUIRE_FALSE(recovered.has_value());
  CHECK_THAT(recovered.error().message, ContainsSubstring(data().string()));
  files->forgive();
}

TEST_CASE_METHOD(failing_disk, "an owner that cannot raise the epoch is none", "[faults]") {
  const auto store = make();
  REQUIRE(store->open().has_value());
  files->plan({.what = file_fault::error, .at = file_call::sync, .files = ".log"});
  for (int i = 0; i < 2; ++i) {  // The second time because it has failed.
    const auto again = store->open();
    REQUIRE_FALSE(again.has_value());
    CHECK(again.error().code == errc::outcome_unknown);
    CHECK_THAT(again.error().message, ContainsSubstring("restart"));
  }
}

TEST_CASE_METHOD(failing_disk, "a checkpoint that fails is told, and harms neither store nor next",
                 "[faults]") {
  conformance::bench b{[this](std::size_t) { return make(); }};
  b.create(1, "f");
  for (const file_call at : {file_call::enter, file_call::create, file_call::write, file_call::sync,
                             file_call::sync_directory}) {
    bool is_made = false;
    for (std::uint64_t nth = 1; nth < 60 && !is_made; ++nth) {
      INFO(to_string(at) << ' ' << nth);
      files->plan({.what = file_fault::error, .at = at, .files = "checkpoints", .nth = nth});
      const auto made = checkpoint(b.store());
      files->forgive();
      is_made = made.has_value();
      if (is_made) continue;
      CHECK(made.error().code == errc::internal);
      CHECK_THAT(made.error().message, ContainsSubstring(data().string()));
      CHECK_THAT(made.error().message, ContainsSubstring("cannot be copied"));
    }
    CHECK(is_made);
  }
  b.create(2, "g");
  CHECK(checkpoint(b.store()).has_value());
}

TEST_CASE_METHOD(failing_disk, "one checkpoint is made at a time", "[faults]") {
  conformance::bench b{[this](std::size_t) { return make(); }};
  b.create(1, "f");
  files->plan({.what = file_fault::hold, .at = file_call::enter, .files = "checkpoints"});
  std::promise<fsm::expected<std::string>> first;
  b.store().checkpoint([&](auto given) { first.set_value(std::move(given)); });
  CHECK(files->await_held());
  const auto second = checkpoint(b.store());
  files->let_go();
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == errc::too_many_requests);
  CHECK(first.get_future().get().has_value());
}

TEST_CASE_METHOD(failing_disk, "an upgrade that cannot be noted is no start, and is made again",
                 "[faults]") {
  {
    conformance::bench b{[this](std::size_t) { return make(); }};
  }
  const auto newer = [this] {
    return rocks::make_store({.directory = data()},
                             {.env = env.get(),
                              .schema_version = rocks::schema_version + 1,
                              .upgrades = {{.from = rocks::schema_version,
                                            .run = [](auto&) { return fsm::expected<void>{}; }}}});
  };
  files->plan({.what = file_fault::error, .at = file_call::sync, .files = ".log"});
  const auto refused = newer()->open();
  REQUIRE_FALSE(refused.has_value());
  CHECK_THAT(refused.error().message, ContainsSubstring("cannot be written"));
  CHECK(newer()->open().has_value());  // Nobody has to be told.
}

TEST_CASE_METHOD(failing_disk, "what fails in the background is told to the operator", "[faults]") {
  warnings told;
  warn = told.sink();
  {
    const auto store = make();
    const auto opened = store->open();
    REQUIRE(opened.has_value());
    const fsm::note used{.kind = fsm::note_kind::used, .uid = 1, .number = 0, .at = {}};
    REQUIRE(commit(*store, {.changes = {}, .notes = {used}, .at = {}}, opened->epoch).has_value());
    files->plan(
        {.what = file_fault::error, .at = file_call::create, .files = ".sst", .lasting = true});
    nobody into;
    CHECK_FALSE(store->recover(into).has_value());
    files->forgive();
  }
  CHECK_THAT(told.text(), ContainsSubstring("RocksDB failed in the background: "));
}

TEST_CASE("writes that are held back are told to the operator, slower ones are not", "[faults]") {
  const temporary_directory directory;
  warnings told;
  rocks::listener tells{told.sink(),
                        std::make_shared<rocks::manifest_mark>(directory.path().string())};
  rocks::listener silent{{}, std::make_shared<rocks::manifest_mark>(directory.path().string())};
  rocksdb::WriteStallInfo info;
  info.cf_name = "events";
  info.condition.cur = rocksdb::WriteStallCondition::kDelayed;
  tells.OnStallConditionsChanged(info);
  CHECK(told.text().empty());
  info.condition.cur = rocksdb::WriteStallCondition::kStopped;
  silent.OnStallConditionsChanged(info);
  tells.OnStallConditionsChanged(info);
  CHECK(told.text() == "RocksDB holds writes back until 'events' is flushed or compacted\n");
}

// -- the end of a log that was being written when the system went down
// ------------------------------

namespace {

// A record of the log whose bytes are not those that were to be written.
const std::string torn_record{"\x01\x02\x03\x04\x0a\x00\x01half of it", 17};

class torn_log {
public:
  explicit torn_log(fsm::durability mode = fsm::durability::synced) : mode_{mode} {
    conformance::bench b{[this](std::size_t) { return make("first"); }};
    b.create(1, "f");
  }
  [[nodiscard]] std::shared_ptr<fsm::store> make(const std::string& boot) {
    return rocks::make_store({.directory = path(), .mode = mode_, .warn = told.sink()},
                             {.boot = boot});
  }
  [[nodiscard]] std::filesystem::path path() const { return scratch_.path(); }
  void tear() const {
    for (const auto& entry : std::filesystem::directory_iterator{path()}) {
      if (entry.path().extension() == ".log")
        std::ofstream{entry.path(), std::ios::binary | std::ios::app} << torn_record;
    }
  }
  warnings told;

private:
  temporary_directory scratch_;
  fsm::durability mode_;
};

}  // namespace

TEST_CASE("the end of a log that was torn when the system went down is dropped, and told",
          "[faults]") {
  torn_log log;
  log.tear();
  const auto opened = log.make("second")->open();
  REQUIRE(opened.has_value());
  CHECK(opened->last_sequence == 1);
  CHECK_THAT(log.told.text(), ContainsSubstring("dropped the end of its log"));
}

TEST_CASE("a log that is torn although the system did not go down is refused", "[faults]") {
  torn_log log;
  log.tear();
  const auto opened = log.make("first")->open();
  REQUIRE_FALSE(opened.has_value());
  CHECK_THAT(opened.error().message, ContainsSubstring("damaged record after transition 1"));
}

TEST_CASE("a torn log is refused when nobody knows what was acknowledged, and there was something",
          "[faults]") {
  torn_log log;
  log.tear();
  std::filesystem::remove(log.path() / "ACKNOWLEDGED");
  const auto opened = log.make("second")->open();
  REQUIRE_FALSE(opened.has_value());
  CHECK_THAT(opened.error().message, ContainsSubstring("damaged record after transition 1"));
}

TEST_CASE("in buffered mode a log counts up to its first gap when the system went down",
          "[faults]") {
  torn_log log{fsm::durability::buffered};
  log.tear();
  const auto opened = log.make("second")->open();
  REQUIRE(opened.has_value());
  CHECK(opened->last_sequence == 1);
}
