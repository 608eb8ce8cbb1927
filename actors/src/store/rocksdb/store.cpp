#include "acknowledged_mark.hpp"
#include "checkpointer.hpp"
#include "committer.hpp"
#include "database.hpp"
#include "event_log.hpp"
#include "event_log_files.hpp"
#include "function_reader.hpp"
#include "internal.hpp"
#include "keys.hpp"
#include "listener.hpp"
#include "manifest_mark.hpp"
#include "meta.hpp"
#include "problems.hpp"
#include "records.hpp"
#include <fsm/rocksdb.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

namespace fsm::rocks {

namespace {

constexpr std::uint64_t event_log_bytes_min = std::uint64_t{1} << 20U;

expected<void> validate(const rocksdb_options& how) {
  if (how.history_max < 1 || how.history_max > history_ring::size_max) {
    return unexpected(
        {errc::invalid_argument,
         fmt::format("history_max: {}: must be 1 to {}", how.history_max, history_ring::size_max)});
  }
  if (how.event_log_bytes < event_log_bytes_min) {
    return unexpected(
        {errc::invalid_argument, fmt::format("event_log_bytes: {}: must be at least {}",
                                             how.event_log_bytes, event_log_bytes_min)});
  }
  return {};
}

/// The process may change its working directory while the store is open.
rocksdb_options absolute(rocksdb_options how) {
  std::error_code ignored;
  if (auto path = std::filesystem::absolute(how.directory, ignored);
      !how.directory.empty() && !ignored)
    how.directory = std::move(path);
  return how;
}

/// The names of the files that are read again at a start.
std::string logs_in(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  std::error_code ended;
  for (std::filesystem::directory_iterator at{directory, ended}, end; !ended && at != end;
       at.increment(ended)) {
    if (at->path().extension() == ".log") names.push_back(at->path().filename().string());
  }
  std::ranges::sort(names);
  return fmt::format("{}", fmt::join(names, ", "));
}

class rocksdb_store final : public store {
public:
  rocksdb_store(rocksdb_options how, internals with)
      : how_{absolute(std::move(how))},
        with_{std::move(with)},
        ring_{static_cast<std::uint8_t>(
            std::clamp<std::size_t>(how_.history_max, 1, history_ring::size_max))} {}

  [[nodiscard]] expected<opened> open() override;
  [[nodiscard]] expected<void> recover(recovery& into) override;
  void prepare(change& what) override { what.prepared = encode(what, ring_); }
  void commit(const commit_batch& batch, committed done) override {
    committer_->commit(batch, std::move(done));
  }
  void read_document(std::uint64_t uid, std::uint32_t version,
                     std::function<void(expected<std::string>)> done) override;
  void read_metadata(std::uint64_t uid, std::function<void(expected<std::string>)> done) override;
  void read_all_metadata(std::uint64_t after, std::size_t limit,
                         std::function<void(expected<std::vector<stored_metadata>>)> done) override;
  void read_reasons(std::uint64_t uid, std::function<void(expected<reason_texts>)> done) override;
  void read_history(std::uint64_t uid,
                    std::function<void(expected<std::vector<transition>>)> done) override;
  void read_names(std::string_view prefix, std::string_view after, std::size_t limit,
                  std::function<void(expected<std::vector<std::string>>)> done) override;
  void read_events(std::uint64_t after, std::size_t limit,
                   std::function<void(expected<event_page>)> done) override;
  void checkpoint(std::function<void(expected<std::string>)> done) override {
    checkpointer_->make(committer_->at(), std::move(done));
  }
  [[nodiscard]] history_ring history() const noexcept override { return ring_; }

private:
  [[nodiscard]] expected<database> open_files(const acknowledged& known, bool power_may_have_failed,
                                              const std::shared_ptr<manifest_mark>& manifest) const;
  [[nodiscard]] expected<void> check_end(const database& db, const acknowledged& known,
                                         bool power_may_have_failed) const;
  [[nodiscard]] std::uint64_t functions_about() const;
  [[nodiscard]] expected<std::vector<transition>> history_of(std::uint64_t uid) const;
  [[nodiscard]] expected<event_page> events_after(std::uint64_t after, std::size_t limit) const;
  [[nodiscard]] expected<std::string> text_of(std::uint64_t uid, text_kind kind) const;

  const rocksdb_options how_;
  const internals with_;
  const history_ring ring_;
  std::optional<database> db_;
  std::optional<committer> committer_;
  std::optional<checkpointer> checkpointer_;
};

expected<store::opened> rocksdb_store::open() {
  if (auto valid = validate(how_); !valid) return unexpected(valid.error());
  if (db_) {
    auto epoch = committer_->raise_epoch();
    if (!epoch) return unexpected(epoch.error());
    const progress at = committer_->at();
    return opened{.epoch = *epoch,
                  .last_sequence = at.last_sequence,
                  .last_uid = at.last_uid,
                  .functions = functions_about(),
                  .alive_at = at.alive_at};
  }
  const std::string directory = how_.directory.string();
  const acknowledged known = acknowledged_mark::read(directory);
  const std::string boot = with_.boot.empty() ? this_boot() : with_.boot;
  const bool power_may_have_failed = boot.empty() || known.boot != boot;
  const auto manifest = std::make_shared<manifest_mark>(directory);
  auto db = open_files(known, power_may_have_failed, manifest);
  if (!db) return unexpected(db.error());
  if (auto whole = check_end(*db, known, power_may_have_failed); !whole)
    return unexpected(whole.error());
  const auto now = take_over(*db, how_, with_);
  if (!now) return unexpected(now.error());
  auto mark = acknowledged_mark::open(directory, boot, now->at.last_sequence);
  if (!mark) return unexpected(mark.error());
  if (auto merged = merge_small_files(*db); !merged) return unexpected(merged.error());

  manifest->move(*db->db);
  db_.emplace(*std::move(db));
  committer_.emplace(*db_, how_.mode, ring_, *now, *std::move(mark));
  checkpointer_.emplace(*db_);
  return opened{.epoch = now->epoch,
                .last_sequence = now->at.last_sequence,
                .last_uid = now->at.last_uid,
                .functions = functions_about(),
                .alive_at = now->at.alive_at};
}

/// When the power fails, the record that was being written may be there in part, in any part. Then,
/// and only then, a log with a damaged record is read up to there, if that has all that was
/// acknowledged.
expected<database> rocksdb_store::open_files(const acknowledged& known, bool power_may_have_failed,
                                             const std::shared_ptr<manifest_mark>& manifest) const {
  const auto told = std::make_shared<listener>(how_.warn, manifest);
  // What was only written may have any gaps; RocksDB sees them if it reads up to the first one.
  if (power_may_have_failed && known.written > known.synced)
    return open_database(how_, with_.env, told, log_reading::up_to_damage);
  bool is_damaged = false;
  auto db = open_database(how_, with_.env, told, log_reading::whole, &is_damaged);
  if (!is_damaged) return db;
  std::uint64_t last = 0;
  {
    const auto readable = open_to_read(how_.directory, with_.env, log_reading::up_to_damage);
    if (!readable) return db;  // It is not the log.
    const auto found = read_meta(*readable);
    if (!found) return db;
    if (*found) last = (*found)->at.last_sequence;
  }
  // Without a mark nobody knows what was acknowledged, but for a store that never was.
  const bool may_be_cut = power_may_have_failed && (!known.boot.empty() || last == 0);
  if (!may_be_cut || last < known.synced) {
    return unexpected(damaged(how_.directory.string(),
                              fmt::format("its log ({}) has a damaged record after transition {}",
                                          logs_in(how_.directory), last)));
  }
  auto opened = open_database(how_, with_.env, told, log_reading::up_to_damage);
  if (opened && how_.warn) {
    how_.warn(
        fmt::format("the store in {} dropped the end of its log, which was being written when "
                    "the system went down; nothing acknowledged was in it",
                    how_.directory.string()));
  }
  return opened;
}

expected<void> rocksdb_store::check_end(const database& db, const acknowledged& known,
                                        bool power_may_have_failed) const {
  const auto there = read_meta(db);
  if (!there) return unexpected(there.error());
  const std::uint64_t last = *there ? (*there)->at.last_sequence : 0;
  const std::uint64_t at_least = power_may_have_failed ? known.synced : known.written;
  if (last >= at_least) return {};
  return unexpected(damaged(
      db.directory, fmt::format("it ends at transition {}, but {} were acknowledged: its log was "
                                "cut short or files are missing; if the loss is to be accepted, "
                                "remove the file ACKNOWLEDGED",
                                last, at_least)));
}

std::uint64_t rocksdb_store::functions_about() const {
  std::uint64_t count = 0;
  db_->db->GetIntProperty((*db_)[family::functions], rocksdb::DB::Properties::kEstimateNumKeys,
                          &count);
  return count;
}

expected<void> rocksdb_store::recover(recovery& into) {
  // Nothing that is still in memory may be read there: a vector has no order.
  const rocksdb::Status flushed =
      db_->db->Flush({}, {(*db_)[family::functions], (*db_)[family::last_used]});
  if (!flushed.ok()) return unexpected(problem(db_->directory, "read", flushed));

  const auto owed = db_->scan(family::owed_releases);
  for (owed->SeekToFirst(); owed->Valid(); owed->Next()) {
    if (auto ours = db_->check_form(family::owed_releases, *owed); !ours) return ours;
    into.on_owed_release(number_at<std::uint64_t>(owed->key(), 0),
                         number_at<std::uint32_t>(owed->key(), 8));
  }
  if (!owed->status().ok()) return unexpected(problem(db_->directory, "read", owed->status()));

  function_reader functions{*db_};
  for (;;) {
    const auto block = functions.next();
    if (!block) return unexpected(block.error());
    if (*block == nullptr) break;
    for (std::size_t i = 0; i < (*block)->count; ++i) into.on_function((*block)->functions[i]);
  }
  // Noted when the function's end was on its way already.
  rocksdb::WriteBatch forgotten;
  for (const std::uint64_t uid : functions.used_without_function())
    forgotten.Delete((*db_)[family::last_used], number_key(uid));
  if (forgotten.Count() == 0) return {};
  if (const rocksdb::Status written = db_->db->Write({}, &forgotten); !written.ok())
    return unexpected(problem(db_->directory, "written", written));
  return {};
}

void rocksdb_store::read_document(std::uint64_t uid, std::uint32_t version,
                                  std::function<void(expected<std::string>)> done) {
  std::string document;
  const rocksdb::Status got =
      db_->db->Get({}, (*db_)[family::documents], pair_key(uid, version), &document);
  if (got.ok()) return done(std::move(document));
  if (!got.IsNotFound()) return done(unexpected(problem(db_->directory, "read", got)));
  done(unexpected({errc::not_found, fmt::format("there is no document of version {}", version)}));
}

void rocksdb_store::read_metadata(std::uint64_t uid,
                                  std::function<void(expected<std::string>)> done) {
  std::string metadata;
  const rocksdb::Status got =
      db_->db->Get({}, (*db_)[family::metadata], number_key(uid), &metadata);
  if (!got.ok() && !got.IsNotFound()) return done(unexpected(problem(db_->directory, "read", got)));
  done(std::move(metadata));
}

void rocksdb_store::read_all_metadata(
    std::uint64_t after, std::size_t limit,
    std::function<void(expected<std::vector<stored_metadata>>)> done) {
  std::vector<stored_metadata> found;
  const auto all = db_->scan(family::metadata);
  for (all->Seek(number_key(after + 1)); all->Valid() && found.size() < limit; all->Next()) {
    if (auto ours = db_->check_form(family::metadata, *all); !ours)
      return done(unexpected(ours.error()));
    found.push_back({number_at<std::uint64_t>(all->key(), 0), all->value().ToString()});
  }
  if (!all->status().ok()) return done(unexpected(problem(db_->directory, "read", all->status())));
  done(std::move(found));
}

expected<std::string> rocksdb_store::text_of(std::uint64_t uid, text_kind kind) const {
  std::string text;
  const rocksdb::Status got = db_->db->Get({}, (*db_)[family::texts],
                                           part_key(uid, static_cast<std::uint8_t>(kind)), &text);
  if (!got.ok() && !got.IsNotFound()) return unexpected(problem(db_->directory, "read", got));
  return text;
}

void rocksdb_store::read_reasons(std::uint64_t uid,
                                 std::function<void(expected<reason_texts>)> done) {
  auto state = text_of(uid, text_kind::state);
  if (!state) return done(unexpected(state.error()));
  auto update = text_of(uid, text_kind::update);
  if (!update) return done(unexpected(update.error()));
  done(reason_texts{.state = *std::move(state), .update = *std::move(update)});
}

expected<std::vector<transition>> rocksdb_store::history_of(std::uint64_t uid) const {
  rocksdb::ReadOptions how;
  how.prefix_same_as_start = true;
  const std::unique_ptr<rocksdb::Iterator> places{
      db_->db->NewIterator(how, (*db_)[family::history])};
  std::vector<transition> history;
  for (places->Seek(part_key(uid, 0)); places->Valid(); places->Next()) {
    auto read = decode_transition(places->value().ToStringView());
    if (!read) return unexpected(damaged(db_->directory, read.error().message));
    history.push_back(to_transition(*std::move(read)));
  }
  if (!places->status().ok()) return unexpected(problem(db_->directory, "read", places->status()));
  std::ranges::sort(history, {}, &transition::sequence);
  return history;
}

void rocksdb_store::read_history(std::uint64_t uid,
                                 std::function<void(expected<std::vector<transition>>)> done) {
  done(history_of(uid));
}

void rocksdb_store::read_names(std::string_view prefix, std::string_view after, std::size_t limit,
                               std::function<void(expected<std::vector<std::string>>)> done) {
  std::vector<std::string> found;
  const std::unique_ptr<rocksdb::Iterator> names{db_->db->NewIterator({}, (*db_)[family::names])};
  const std::string_view from = std::max(prefix, after);
  names->Seek({from.data(), from.size()});
  if (names->Valid() && names->key().ToStringView() == after) names->Next();
  for (; names->Valid() && found.size() < limit; names->Next()) {
    const std::string_view name = names->key().ToStringView();
    if (!name.starts_with(prefix)) break;
    found.emplace_back(name);
  }
  if (!names->status().ok())
    return done(unexpected(problem(db_->directory, "read", names->status())));
  done(std::move(found));
}

expected<event_page> rocksdb_store::events_after(std::uint64_t after, std::size_t limit) const {
  const std::uint64_t next = committer_->at().last_sequence + 1;  // Before it looks.
  event_cursor events{
      std::unique_ptr<rocksdb::Iterator>{db_->db->NewIterator({}, (*db_)[family::events])}};
  event_page page;
  events.seek_to_first();
  page.oldest = events.valid() ? events.sequence() : next;
  if (after >= next) return page;
  if (after >= page.oldest) events.seek(after + 1);
  for (; events.valid() && page.events.size() < limit; events.next()) {
    auto read = decode_transition(events.bytes());
    if (!read) return unexpected(damaged(db_->directory, read.error().message));
    page.events.push_back(to_transition(*std::move(read)));
  }
  if (auto whole = events.status(db_->directory); !whole) return unexpected(whole.error());
  return page;
}

void rocksdb_store::read_events(std::uint64_t after, std::size_t limit,
                                std::function<void(expected<event_page>)> done) {
  done(events_after(after, limit));
}

}  // namespace

std::shared_ptr<store> make_store(rocksdb_options how, internals with) {
  return std::make_shared<rocksdb_store>(std::move(how), std::move(with));
}

}  // namespace fsm::rocks

namespace fsm {

std::shared_ptr<store> rocksdb_store(rocksdb_options how) {
  return rocks::make_store(std::move(how), {});
}

std::shared_ptr<store> rocksdb_store(std::filesystem::path directory) {
  return rocksdb_store(rocksdb_options{.directory = std::move(directory)});
}

}  // namespace fsm
