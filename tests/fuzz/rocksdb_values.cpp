#include "event_log.hpp"
#include "function_reader.hpp"
#include "fuzz.hpp"
#include "keys.hpp"
#include "meta.hpp"
#include "records.hpp"

#include <rocksdb/env.h>

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

// What is in the families of a database, right or wrong: it is read or refused, and never read
// beyond its end. Events that were written are read as they were, however many make a record.

namespace fsm::fuzz {

namespace {

using rocks::family;

/// Records by key, in the order of their keys.
class records_in_memory final : public rocksdb::Iterator {
public:
  using list = std::vector<std::pair<std::string, std::string>>;

  explicit records_in_memory(list all) : all_{std::move(all)} {}

  [[nodiscard]] bool Valid() const override { return at_ < all_.size(); }
  void SeekToFirst() override { at_ = 0; }
  void SeekToLast() override { at_ = all_.empty() ? 0 : all_.size() - 1; }
  void Seek(const rocksdb::Slice& target) override {
    for (at_ = 0; Valid() && key().compare(target) < 0; ++at_) {
    }
  }
  void SeekForPrev(const rocksdb::Slice& target) override {
    Seek(target);
    if (Valid() && key() == target) return;
    at_ = at_ == 0 ? all_.size() : at_ - 1;
  }
  void Next() override { ++at_; }
  void Prev() override { at_ = at_ == 0 ? all_.size() : at_ - 1; }
  [[nodiscard]] rocksdb::Slice key() const override { return all_[at_].first; }
  [[nodiscard]] rocksdb::Slice value() const override { return all_[at_].second; }
  [[nodiscard]] rocksdb::Status status() const override { return rocksdb::Status::OK(); }

private:
  list all_;
  std::size_t at_ = 0;
};

std::string bytes_of(const rocksdb::Slice& what) { return what.ToString(); }

void check_event_record(std::string_view record) {
  rocks::event_cursor events{std::make_unique<records_in_memory>(
      records_in_memory::list{{bytes_of(rocks::number_key(5)), std::string{record}}})};
  std::size_t count = 0;
  std::size_t size = 0;
  for (events.seek_to_first(); events.valid(); events.next()) {
    check(events.sequence() == 5 + count++, "sequences go up by one");
    size += 4 + events.bytes().size();
    static_cast<void>(decode_transition(events.bytes()));
  }
  check(size <= record.size(), "an event is in its record");
  check(events.status("d").has_value() == (size == record.size() && count != 0),
        "a record that is cut short is damaged");
}

/// One database for all inputs: opening one takes longer than everything else.
rocks::database& shared_database() {
  static const std::unique_ptr<rocksdb::Env> memory{rocksdb::NewMemEnv(rocksdb::Env::Default())};
  static const auto folder =
      std::filesystem::temp_directory_path() / ("fsm-fuzz-" + std::to_string(::getpid()));
  static rocks::database open = [] {
    rocksdb_options how{.directory = folder};
    auto opened = rocks::open_database(how, memory.get(), nullptr);
    check(opened.has_value(), opened ? "" : opened.error().message);
    return *std::move(opened);
  }();
  return open;
}

/// What is written, and the same read back through the log of events.
void check_events(rocks::database& in, reader& from) {
  rocksdb::WriteBatch batch;
  rocks::event_writer writer{in};
  std::vector<std::string> written;
  const auto first = from.number<std::uint32_t>() + std::uint64_t{1};
  while (!from.at_end() && written.size() < 300) {
    const auto head = from.text();
    const auto tail = from.text();
    writer.add(batch, first + written.size(), head, tail);
    written.push_back(std::string{head} + std::string{tail});
  }
  writer.end(batch);
  if (written.empty()) return;
  check(in.db->Write({}, &batch).ok(), "events are written");
  rocks::event_cursor events{in.scan(family::events)};
  const std::uint64_t start = first + from.byte() % written.size();
  events.seek(start);
  for (std::uint64_t number = start; number < first + written.size(); ++number) {
    check(events.valid() && events.sequence() == number, "every event is there");
    check(events.bytes() == written[number - first], "an event is what was written");
    events.next();
  }
  check(!events.valid() && events.status("d").has_value(), "and then the log ends");
}

void check_meta(const rocks::database& in) {
  const auto about = rocks::read_meta(in);
  if (!about) check(!about.error().message.empty(), "damage is told");
}

void check_functions(const rocks::database& in) {
  rocks::function_reader functions{in};
  for (;;) {
    const auto block = functions.next();
    if (!block) check(!block.error().message.empty(), "damage is told");
    if (!block || *block == nullptr) return;
    for (std::size_t i = 0; i < (*block)->count; ++i)
      check((*block)->functions[i].uid != 0, "a function has a uid");
  }
}

/// Puts everything away, and now and then what is put away, too.
void clear(rocks::database& in) {
  constexpr int clears_per_flush = 256;
  static int cleared = 0;
  for (const family which : {family::meta, family::functions, family::last_used, family::events}) {
    std::vector<std::string> keys;
    const auto all = in.scan(which);
    for (all->SeekToFirst(); all->Valid(); all->Next()) keys.push_back(all->key().ToString());
    for (const auto& key : keys) check(in.db->SingleDelete({}, in[which], key).ok(), "it goes");
    if (cleared % clears_per_flush == 0) check(in.db->Flush({}, in[which]).ok(), "it is flushed");
  }
  ++cleared;
}

/// Keys and values of any bytes, in families that are read at start.
void check_any_values(rocks::database& in, std::string_view input) {
  reader from{input};
  constexpr std::array families{family::functions, family::last_used, family::meta};
  constexpr std::array<std::string_view, 4> names{"schema_version", "history_max", "epoch",
                                                  "progress"};
  std::set<std::pair<family, std::string>> keys;
  while (!from.at_end() && keys.size() < 16) {
    const auto kind = from.byte();
    const family which = families[kind % families.size()];
    std::string key{from.text()};
    if (which == family::meta) key = names[key.size() % names.size()];
    const auto value = from.text();
    if (!keys.emplace(which, key).second) continue;
    check(in.db->Put({}, in[which], key, rocksdb::Slice{value.data(), value.size()}).ok(),
          "it is put");
  }
  check_meta(in);
  // It makes room for thousands of functions: not for nothing.
  if (!keys.empty() && keys.rbegin()->first != family::meta) check_functions(in);
  clear(in);
}

}  // namespace

void rocksdb_values(std::string_view input) {
  check_event_record(input);
  auto& in = shared_database();
  check_any_values(in, input);
  reader from{input};
  check_events(in, from);
  clear(in);
}

}  // namespace fsm::fuzz
