#include "database.hpp"
#include "event_log.hpp"
#include "keys.hpp"
#include "meta.hpp"
#include "problems.hpp"
#include <fsm/rocksdb.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>

namespace fsm {

namespace {

using rocks::database;
using rocks::family;
using rocks::number_at;

/// Goes through a store with an iterator for each family, side by side in order of uid.
class whole_store {
public:
  whole_store(const database& in, rocksdb_reader& into) : db_{in}, into_{into} {}

  expected<void> read() {
    const auto about = rocks::read_meta(db_);
    if (!about) return unexpected(about.error());
    if (!*about) return {};
    if (auto known = rocks::refuse_newer(db_, **about, rocks::schema_version); !known) return known;
    const rocks::meta& m = **about;
    going_ = into_.on_summary({.schema_version = m.schema_version,
                               .epoch = m.epoch,
                               .last_sequence = m.at.last_sequence,
                               .last_uid = m.at.last_uid,
                               .alive_at = m.at.alive_at,
                               .history_max = static_cast<std::size_t>(m.history_max)});
    read_owed();
    read_functions();
    read_events();
    if (first_problem_.code != errc::none) return unexpected(first_problem_);
    return {};
  }

private:
  void fail(error why) {
    if (first_problem_.code == errc::none) first_problem_ = std::move(why);
    going_ = false;
  }
  /// Whether the record is one of its family's; else it is the first problem.
  bool is_ours(family which, const rocksdb::Iterator& at) {
    if (auto ours = db_.check_form(which, at); !ours) {
      fail(ours.error());
      return false;
    }
    return true;
  }
  void check(const rocksdb::Iterator& at) {
    if (!at.status().ok()) fail(rocks::problem(db_.directory, "read", at.status()));
  }
  static std::uint64_t uid_at(const rocksdb::Iterator& at) {
    return number_at<std::uint64_t>(at.key(), 0);
  }

  void read_owed() {
    const auto owed = db_.scan(family::owed_releases);
    for (owed->SeekToFirst(); going_ && owed->Valid(); owed->Next()) {
      if (is_ours(family::owed_releases, *owed))
        going_ = into_.on_owed_release(uid_at(*owed), number_at<std::uint32_t>(owed->key(), 8));
    }
    check(*owed);
  }

  void read_functions() {
    const auto functions = db_.scan(family::functions);
    const auto uses = db_.scan(family::last_used);
    const auto texts = db_.scan(family::texts);
    const auto documents = db_.scan(family::documents);
    const auto history = db_.scan(family::history);
    for (const auto* i : {&functions, &uses, &texts, &documents, &history}) (*i)->SeekToFirst();
    const auto metadata = db_[family::metadata] ? db_.scan(family::metadata) : nullptr;
    if (metadata) metadata->SeekToFirst();
    stored_function function;
    for (; going_ && functions->Valid(); functions->Next()) {
      if (auto decoded = decode(functions->value().ToStringView(), function); !decoded)
        return fail(rocks::damaged(db_.directory, decoded.error().message));
      each_of(family::last_used, *uses, function.uid, [&] {
        function.last_used = std::max(function.last_used, rocks::time_at(uses->value(), 0));
      });
      each_of(family::texts, *texts, function.uid, [&] {
        (texts->key()[8] == static_cast<char>(rocks::text_kind::update)
             ? function.update_reason_text
             : function.state_reason_text) = texts->value().ToString();
      });
      going_ = going_ && into_.on_function(function);
      each_of(family::documents, *documents, function.uid, [&] {
        going_ = into_.on_document(function.uid, number_at<std::uint32_t>(documents->key(), 8),
                                   documents->value().ToStringView());
      });
      if (metadata) {
        each_of(family::metadata, *metadata, function.uid, [&] {
          going_ = into_.on_metadata(function.uid, metadata->value().ToStringView());
        });
      }
      read_history(*history, function.uid);
    }
    if (metadata) check(*metadata);
    for (const auto* i : {&functions, &uses, &texts, &documents, &history}) check(**i);
  }

  /// Does something with each record of the function, as long as somebody wants to know.
  template <class Do>
  void each_of(family which, rocksdb::Iterator& records, std::uint64_t uid, Do what) {
    for (; going_ && records.Valid() && is_ours(which, records); records.Next()) {
      if (uid_at(records) > uid) return;
      if (uid_at(records) == uid) what();
    }
  }

  void read_history(rocksdb::Iterator& places, std::uint64_t uid) {
    std::vector<stored_transition> history;
    each_of(family::history, places, uid, [&] {
      if (auto read = decode_transition(places.value().ToStringView())) {
        history.push_back(*std::move(read));
      } else {
        fail(rocks::damaged(db_.directory, read.error().message));
      }
    });
    std::ranges::sort(history, {}, &stored_transition::sequence);
    for (const stored_transition& t : history) going_ = going_ && into_.on_history(t);
  }

  void read_events() {
    rocks::event_cursor events{db_.scan(family::events)};
    for (events.seek_to_first(); going_ && events.valid(); events.next()) {
      const auto read = decode_transition(events.bytes());
      if (!read) return fail(rocks::damaged(db_.directory, read.error().message));
      going_ = into_.on_event(*read);
    }
    if (auto whole = events.status(db_.directory); !whole) fail(whole.error());
  }

  const database& db_;
  rocksdb_reader& into_;
  bool going_ = true;
  error first_problem_;
};

std::set<std::string> files_in(const std::filesystem::path& directory) {
  std::set<std::string> names;
  std::error_code ended;
  for (std::filesystem::directory_iterator at{directory, ended}, end; !ended && at != end;
       at.increment(ended))
    names.insert(at->path().filename());
  return names;
}

/// While another process has the store open, files can go between being found and being opened.
/// What fails is damaged only if no file has come or gone meanwhile.
expected<database> open_while_files_move(const std::filesystem::path& directory) {
  constexpr int tries_max = 100;
  for (int tries = 1;; ++tries) {
    const std::set<std::string> before = files_in(directory);
    auto db = rocks::open_to_read(directory);
    const std::set<std::string> after = files_in(directory);
    // A log that is gone may have been missed, together with the table that has its content now.
    const bool lost_a_log = std::ranges::any_of(
        before, [&](const std::string& f) { return f.ends_with(".log") && !after.contains(f); });
    if ((db && !lost_a_log) || tries == tries_max || after == before) return db;
  }
}

}  // namespace

expected<void> read_rocksdb_store(const std::filesystem::path& directory, rocksdb_reader& into) {
  const auto db = open_while_files_move(directory);
  if (!db) return unexpected(db.error());
  return whole_store{*db, into}.read();
}

}  // namespace fsm
