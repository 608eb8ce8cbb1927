#pragma once

#include "support/show.hpp"
#include <fsm/store.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What every store must do. A new one calls `store_conformance::check_all` with a factory, in a
// test of its own.

namespace fsm::testing::store_conformance {

/// Makes an empty store that keeps at most `history_max` transitions per function.
using factory = std::function<std::shared_ptr<store>(std::size_t history_max)>;

/// A store together with the writer that a runtime would be: it counts sequences and knows its
/// epoch.
class bench {
public:
  explicit bench(const factory& make, std::size_t history_max = 4) : store_{make(history_max)} {
    const auto opened = store_->open();
    INFO((opened ? "" : opened.error().message));
    REQUIRE(opened.has_value());
    epoch_ = opened->epoch;
    sequence_ = opened->last_sequence;
  }

  [[nodiscard]] fsm::store& store() { return *store_; }
  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  void use_epoch(std::uint64_t other) { epoch_ = other; }

  /// The change a transition makes; `fill` says what is special about it.
  [[nodiscard]] change make(std::uint64_t uid, const std::string& name, pair from, pair to,
                            const std::function<void(change&)>& fill = {}) {
    change c;
    c.transition.sequence = ++sequence_;
    c.transition.previous = std::exchange(last_of_[uid], sequence_);
    c.history_place = std::exchange(place_of_[uid], store_->history().next(place_of_[uid]));
    c.transition.uid = uid;
    c.transition.name = name;
    c.transition.at = timestamp{duration{1000 + static_cast<std::int64_t>(sequence_)}};
    c.transition.from = from;
    c.transition.to = to;
    c.transition.revision = static_cast<std::uint32_t>(sequence_);
    c.before.pair = from;
    c.record.pair = to;
    c.record.revision = c.transition.revision;
    c.tenant = "blue";
    c.epoch = epoch_;
    if (fill) fill(c);
    return c;
  }
  /// Commits, and waits for the answer, which may come from another thread.
  [[nodiscard]] expected<void> commit(std::vector<change> batch, std::vector<note> notes = {}) {
    std::vector<change*> pointers;
    for (change& c : batch) {
      store_->prepare(c);
      pointers.push_back(&c);
    }
    std::promise<expected<void>> answer;
    std::future<expected<void>> result = answer.get_future();
    // A second answer would throw.
    store_->commit({.changes = pointers, .notes = notes, .epoch = epoch_, .at = now_},
                   [&answer](expected<void> given) { answer.set_value(std::move(given)); });
    REQUIRE(result.wait_for(std::chrono::seconds{30}) == std::future_status::ready);
    return result.get();
  }
  void keep(const note& what) { CHECK(commit({}, {what}).has_value()); }
  /// The time of the next commits.
  void at(timestamp when) { now_ = when; }
  void put(change c) {
    std::vector<change> batch;
    batch.push_back(std::move(c));
    CHECK(commit(std::move(batch)).has_value());
  }
  /// A function with document "one" of version 1.
  void create(std::uint64_t uid, const std::string& name) {
    put(make(uid, name, pairs::absent, pairs::creating, [](change& c) {
      c.document = "one";
      c.document_version = 1;
    }));
  }
  void remove(std::uint64_t uid, const std::string& name) {
    put(make(uid, name, pairs::ready, pairs::absent, [](change& c) { c.drop_versions = {1, 0}; }));
  }

  // -- reading ------------------------------------------------------------------------------------
  [[nodiscard]] std::optional<std::string> document(std::uint64_t uid, std::uint32_t version) {
    expected<std::string> got = unexpected({errc::internal, "no answer"});
    store_->read_document(uid, version,
                          [&](expected<std::string> given) { got = std::move(given); });
    if (got) return *std::move(got);
    CHECK(got.error().code == errc::not_found);
    return std::nullopt;
  }
  [[nodiscard]] std::string metadata(std::uint64_t uid) {
    expected<std::string> got = unexpected({errc::internal, "no answer"});
    store_->read_metadata(uid, [&](expected<std::string> given) { got = std::move(given); });
    REQUIRE(got.has_value());
    return *std::move(got);
  }
  [[nodiscard]] std::vector<stored_metadata> all_metadata(std::uint64_t after, std::size_t limit) {
    expected<std::vector<stored_metadata>> got;
    store_->read_all_metadata(after, limit, [&](expected<std::vector<stored_metadata>> given) {
      got = std::move(given);
    });
    REQUIRE(got.has_value());
    return *std::move(got);
  }
  [[nodiscard]] reason_texts reasons(std::uint64_t uid) {
    expected<reason_texts> got;
    store_->read_reasons(uid, [&](expected<reason_texts> given) { got = std::move(given); });
    REQUIRE(got.has_value());
    return *std::move(got);
  }
  [[nodiscard]] std::vector<transition> history(std::uint64_t uid) {
    expected<std::vector<transition>> got;
    store_->read_history(uid,
                         [&](expected<std::vector<transition>> given) { got = std::move(given); });
    REQUIRE(got.has_value());
    return *std::move(got);
  }
  [[nodiscard]] std::vector<std::string> names(std::string_view prefix, std::string_view after,
                                               std::size_t limit) {
    expected<std::vector<std::string>> got;
    store_->read_names(prefix, after, limit,
                       [&](expected<std::vector<std::string>> given) { got = std::move(given); });
    REQUIRE(got.has_value());
    return *std::move(got);
  }

private:
  std::shared_ptr<fsm::store> store_;
  std::uint64_t epoch_ = 0;
  std::uint64_t sequence_ = 0;
  timestamp now_{};
  std::map<std::uint64_t, std::uint64_t> last_of_;
  std::map<std::uint64_t, std::uint8_t> place_of_;
};

/// What a store gives back.
struct recovered final : recovery {
  std::vector<stored_function> functions;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> owed;

  explicit recovered(store& from) {
    const expected<void> read = from.recover(*this);
    INFO((read ? "" : read.error().message));
    CHECK(read.has_value());
  }
  void on_function(stored_function& function) override { functions.push_back(std::move(function)); }
  void on_owed_release(std::uint64_t uid, std::uint32_t number) override {
    CHECK(functions.empty());  // They come first.
    owed.emplace_back(uid, number);
  }
};

using list = std::vector<std::string>;

inline void check_epochs(const factory& make) {
  INFO("only the latest owner may write");
  bench b{make};
  b.create(1, "f");
  const std::uint64_t old = b.epoch();
  const auto again = b.store().open();
  REQUIRE(again.has_value());
  CHECK(again->epoch > old);
  CHECK(again->last_sequence == 1);
  CHECK(again->last_uid == 1);

  CHECK_FALSE(b.commit({b.make(2, "g", pairs::absent, pairs::creating)}).has_value());
  CHECK(b.names("", "", 10) == list{"f"});
  CHECK(b.history(2).empty());
  b.use_epoch(again->epoch);
  b.create(5, "j");
  CHECK(b.names("", "", 10) == list{"f", "j"});
}

inline void check_documents(const factory& make) {
  INFO("documents are kept by version until they are dropped");
  bench b{make};
  b.create(1, "f");
  CHECK(b.document(1, 1) == "one");
  CHECK(b.document(1, 2) == std::nullopt);
  CHECK(b.document(2, 1) == std::nullopt);
  b.put(b.make(1, "f", pairs::ready, pairs::updating, [](change& c) {
    c.document = std::string("two\0two", 7);
    c.document_version = 2;
  }));
  CHECK(b.document(1, 1) == "one");
  CHECK(b.document(1, 2) == std::string("two\0two", 7));
  b.put(b.make(1, "f", pairs::updating, pairs::ready, [](change& c) { c.drop_versions = {1, 0}; }));
  CHECK(b.document(1, 1) == std::nullopt);
  CHECK(b.document(1, 2) == std::string("two\0two", 7));
  // One goes and one comes in the same transition; an empty one is a document, too.
  b.put(b.make(1, "f", pairs::broken, pairs::creating, [](change& c) {
    c.drop_versions = {2, 0};
    c.document = "";
    c.document_version = 3;
  }));
  CHECK(b.document(1, 2) == std::nullopt);
  CHECK(b.document(1, 3) == "");
  const std::string large(1 << 20, 'x');
  b.put(b.make(1, "f", pairs::ready, pairs::updating, [&](change& c) {
    c.document = large;
    c.document_version = 4;
  }));
  CHECK(b.document(1, 4) == large);
}

inline void check_metadata(const factory& make) {
  INFO("metadata is replaced as a whole, listed by uid, and gone with its function");
  bench b{make};
  b.create(1, "f");
  b.create(2, "g");
  b.create(3, "h");
  CHECK(b.metadata(1).empty());
  CHECK(b.all_metadata(0, 10).empty());
  const auto give = [&](std::uint64_t uid, const std::string& name, const std::string& text) {
    b.put(b.make(uid, name, pairs::ready, pairs::ready, [&](change& c) { c.metadata = text; }));
  };
  give(1, "f", "{}");
  give(3, "h", std::string("h\0h", 3));
  CHECK(b.metadata(1) == "{}");
  CHECK(b.metadata(2).empty());
  CHECK(b.document(1, 1) == "one");
  give(1, "f", "second");
  CHECK(b.metadata(1) == "second");
  // Other transitions leave it alone.
  b.put(b.make(1, "f", pairs::ready, pairs::idle));
  CHECK(b.all_metadata(0, 10) ==
        std::vector<stored_metadata>{{1, "second"}, {3, std::string("h\0h", 3)}});
  CHECK(b.all_metadata(0, 1) == std::vector<stored_metadata>{{1, "second"}});
  CHECK(b.all_metadata(1, 10) == std::vector<stored_metadata>{{3, std::string("h\0h", 3)}});
  b.remove(3, "h");
  CHECK(b.metadata(3).empty());
  CHECK(b.all_metadata(1, 10).empty());
}

inline void check_names(const factory& make) {
  INFO("names are listed in byte order, by prefix, after a name, at most so many");
  bench b{make};
  std::uint64_t uid = 0;
  for (const std::string name : {"b2", "a", "b10", "B", "b", "b1", "c-", "c"})
    b.create(++uid, name);
  CHECK(b.names("", "", 100) == list{"B", "a", "b", "b1", "b10", "b2", "c", "c-"});
  CHECK(b.names("b", "", 100) == list{"b", "b1", "b10", "b2"});
  CHECK(b.names("b", "b", 2) == list{"b1", "b10"});
  CHECK(b.names("b", "b11", 100) == list{"b2"});
  CHECK(b.names("b", "zz", 100).empty());
  CHECK(b.names("b", "B", 1) == list{"b"});
  CHECK(b.names("", "b2", 1) == list{"c"});
  CHECK(b.names("d", "", 100).empty());
  CHECK(b.names("", "c-", 100).empty());
}

inline void check_history(const factory& make) {
  INFO("history is ordered, chained and bounded");
  bench b{make, 4};
  b.create(1, "f");
  b.create(2, "g");
  b.put(b.make(1, "f", pairs::creating, pairs::ready, [](change& c) {
    c.transition.event = event::provision_succeeded;
    c.transition.cause = cause::provider;
  }));
  auto history = b.history(1);
  REQUIRE(history.size() == 2);
  CHECK(history[0].sequence == 1);
  CHECK(history[0].previous == 0);
  CHECK(history[1].sequence == 3);
  CHECK(history[1].previous == 1);
  CHECK(history[1].uid == 1);
  CHECK(history[1].at == timestamp{duration{1003}});
  CHECK(history[1].event == event::provision_succeeded);
  CHECK(history[1].cause == cause::provider);
  CHECK(history[1].from == pairs::creating);
  CHECK(history[1].to == pairs::ready);
  CHECK(history[1].revision == 3);
  CHECK(b.history(2).size() == 1);
  CHECK(b.history(3).empty());

  std::vector<change> batch;  // Several of one function in one batch.
  for (int i = 0; i < 3; ++i) batch.push_back(b.make(1, "f", pairs::ready, pairs::ready));
  CHECK(b.commit(std::move(batch)).has_value());
  history = b.history(1);
  REQUIRE(history.size() == 4);
  for (std::size_t i = 1; i < 4; ++i) CHECK(history[i].previous == history[i - 1].sequence);
  CHECK(history[0].sequence == 3);
  CHECK(history[3].sequence == 6);
}

inline void check_events(const factory& make) {
  INFO("events are those of all functions, in order, from wherever a reader left");
  bench b{make};
  expected<event_page> page;
  const auto read = [&](std::uint64_t after, std::size_t limit) {
    std::vector<std::uint64_t> sequences;
    b.store().read_events(after, limit, [&](expected<event_page> given) { page = given; });
    REQUIRE(page.has_value());
    for (const transition& t : page->events) sequences.push_back(t.sequence);
    return sequences;
  };
  using numbers = std::vector<std::uint64_t>;
  CHECK(read(0, 10).empty());
  b.create(1, "f");
  b.create(2, "g");
  b.put(b.make(1, "f", pairs::creating, pairs::ready, [](change& c) {
    c.transition.event = event::provision_succeeded;
    c.transition.cause = cause::provider;
    c.transition.state_reason_code = reason_code::invalid_subnet;
    c.transition.update_reason_code = reason_code::invalid_image;
    c.transition.reason = "because";
  }));
  b.remove(1, "f");
  CHECK(read(0, 10) == numbers{1, 2, 3, 4});
  CHECK(page->oldest == 1);
  const transition t = page->events[2];
  CHECK(t.previous == 1);
  CHECK(t.uid == 1);
  CHECK(t.name == "f");
  CHECK(t.at == timestamp{duration{1003}});
  CHECK(t.event == event::provision_succeeded);
  CHECK(t.cause == cause::provider);
  CHECK(t.from == pairs::creating);
  CHECK(t.to == pairs::ready);
  CHECK(t.state_reason_code == reason_code::invalid_subnet);
  CHECK(t.update_reason_code == reason_code::invalid_image);
  CHECK(t.reason == "because");
  CHECK(t.revision == 3);
  CHECK(page->events[3].to == pairs::absent);
  CHECK(page->events[3].previous == 3);
  CHECK(read(2, 1) == numbers{3});
  CHECK(read(4, 10).empty());
}

inline void check_recovery(const factory& make) {
  INFO("functions and owed releases are given back as they were last");
  bench b{make};
  b.put(b.make(1, "f", pairs::absent, pairs::creating, [](change& c) {
    c.idle_after = std::chrono::hours{2};
    c.record.attempt = 1;
  }));
  b.create(2, "g");
  b.create(3, "h");
  b.at(timestamp{duration{7'000}});
  b.put(b.make(1, "f", pairs::creating, pairs::ready, [](change& c) {
    c.record = {.pair = pairs::ready,
                .state_reason = reason_code::idle,
                .update_reason = reason_code::invalid_image,
                .revision = 9,
                .attempt = 4,
                .since = timestamp{duration{500}},
                .version = 3,
                .held = 2};
    c.idle_after = std::chrono::hours{2};
    c.last_used = timestamp{duration{600}};
    c.owed_releases = {1, 3};
  }));
  b.put(b.make(2, "g", pairs::creating, pairs::absent, [](change& c) {
    c.owed_releases = {7, 0};
  }));
  b.keep({.kind = note_kind::release_owed, .uid = 3, .number = 5});
  b.keep({.kind = note_kind::release_confirmed, .uid = 1, .number = 3});
  b.keep({.kind = note_kind::used, .uid = 1, .at = timestamp{duration{650}}});
  // Noted before the function's last transition, but kept after it: idle clocks do not go back.
  b.put(b.make(3, "h", pairs::creating, pairs::ready,
               [](change& c) { c.last_used = timestamp{duration{600}}; }));
  b.keep({.kind = note_kind::used, .uid = 3, .at = timestamp{duration{590}}});
  b.at(timestamp{duration{8'000}});
  b.keep({.kind = note_kind::owner_alive});

  const auto again = b.store().open();
  REQUIRE(again.has_value());
  CHECK(again->alive_at == timestamp{duration{8'000}});
  const recovered found{b.store()};
  using owed = std::vector<std::pair<std::uint64_t, std::uint32_t>>;
  CHECK(found.owed == owed{{1, 1}, {2, 7}, {3, 5}});
  REQUIRE(found.functions.size() == 2);
  const stored_function& f = found.functions[0];
  CHECK(f.uid == 1);
  CHECK(f.name == "f");
  CHECK(f.tenant == "blue");
  CHECK(f.lifecycle == lifecycle_record{.pair = pairs::ready,
                                        .state_reason = reason_code::idle,
                                        .update_reason = reason_code::invalid_image,
                                        .revision = 9,
                                        .attempt = 4,
                                        .since = timestamp{duration{500}},
                                        .version = 3,
                                        .held = 2});
  CHECK(f.idle_after == std::chrono::hours{2});
  CHECK(f.last_used == timestamp{duration{650}});
  CHECK(f.last_sequence == 4);
  CHECK(f.history_place == 2);
  CHECK(found.functions[1].uid == 3);
  CHECK(found.functions[1].last_used == timestamp{duration{600}});
  CHECK(found.functions[1].idle_after == duration{});
}

inline void check_reasons(const factory& make) {
  INFO("a reason's text belongs to the code it came with");
  bench b{make};
  b.create(1, "f");
  CHECK(b.reasons(1).state.empty());
  b.put(b.make(1, "f", pairs::creating, pairs::broken, [](change& c) {
    c.transition.event = event::provision_failed;
    c.transition.state_reason_code = reason_code::invalid_subnet;
    c.record.state_reason = reason_code::invalid_subnet;
    c.transition.reason = "no subnet";
  }));
  CHECK(b.reasons(1).state == "no subnet");
  CHECK(b.reasons(1).update.empty());
  b.put(b.make(1, "f", pairs::updating, pairs::update_failed, [](change& c) {
    c.transition.event = event::update_failed;
    c.transition.state_reason_code = reason_code::invalid_subnet;
    c.transition.update_reason_code = reason_code::invalid_image;
    c.transition.reason = "no image";
    c.before.state_reason = reason_code::invalid_subnet;
    c.record.state_reason = reason_code::invalid_subnet;
    c.record.update_reason = reason_code::invalid_image;
  }));
  CHECK(b.reasons(1).state == "no subnet");
  CHECK(b.reasons(1).update == "no image");
  b.put(b.make(1, "f", pairs::update_failed, pairs::idle_update_failed, [](change& c) {
    c.transition.state_reason_code = reason_code::idle;
    c.transition.update_reason_code = reason_code::invalid_image;
    c.before.state_reason = reason_code::invalid_subnet;
    c.before.update_reason = reason_code::invalid_image;
    c.record.state_reason = reason_code::idle;
    c.record.update_reason = reason_code::invalid_image;
  }));
  CHECK(b.reasons(1).state.empty());
  CHECK(b.reasons(1).update == "no image");
  b.put(b.make(1, "f", pairs::idle_updating, pairs::ready, [](change& c) {
    c.before.state_reason = reason_code::idle;
    c.before.update_reason = reason_code::invalid_image;
  }));
  CHECK(b.reasons(1).update.empty());
  CHECK(b.reasons(9).state.empty());
}

inline void check_removal(const factory& make) {
  INFO("a removed function leaves no document, text or name, and its successor has none of it");
  bench b{make};
  b.create(1, "f");
  b.create(2, "g");
  b.remove(1, "f");
  CHECK(b.document(1, 1) == std::nullopt);
  CHECK(b.names("", "", 10) == list{"g"});
  CHECK(b.reasons(1).state.empty());
  b.create(3, "f");
  CHECK(b.names("", "", 10) == list{"f", "g"});
  CHECK(b.history(3).size() == 1);
  CHECK(b.history(3)[0].previous == 0);
  const auto opened = b.store().open();
  CHECK(opened->last_sequence == 4);
  CHECK(opened->last_uid == 3);
}

inline void check_uids_after_removal(const factory& make) {
  INFO("uids are never reused, even when the youngest function is gone");
  bench b{make};
  b.create(7, "f");
  b.remove(7, "f");
  CHECK(b.store().open()->last_uid == 7);
}

/// Runs everything. One call per store.
inline void check_all(const factory& make) {
  check_epochs(make);
  check_documents(make);
  check_metadata(make);
  check_names(make);
  check_history(make);
  check_events(make);
  check_recovery(make);
  check_reasons(make);
  check_removal(make);
  check_uids_after_removal(make);
}

}  // namespace fsm::testing::store_conformance
