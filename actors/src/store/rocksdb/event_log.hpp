#pragma once

#include "database.hpp"

#include <rocksdb/iterator.h>
#include <rocksdb/write_batch.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace fsm::rocks {

/// Writes events: up to 128 that follow each other make one record, under the sequence of the
/// first. A record of its own would cost ten times as much as what is in it.
class event_writer {
public:
  explicit event_writer(const database& in) : db_{in} {}

  /// The next event, in two parts. Sequences go up by one.
  void add(rocksdb::WriteBatch& into, std::uint64_t sequence, std::string_view first,
           std::string_view last);
  /// What was added since is put into the write.
  void end(rocksdb::WriteBatch& into);

private:
  static constexpr std::size_t events_max = 128;

  const database& db_;
  std::string record_;
  std::uint64_t first_ = 0;
  std::size_t count_ = 0;
};

/// Goes through the events in order.
class event_cursor {
public:
  explicit event_cursor(std::unique_ptr<rocksdb::Iterator> records)
      : records_{std::move(records)} {}

  void seek_to_first();
  /// To the first event with at least this sequence.
  void seek(std::uint64_t sequence);
  void next();
  [[nodiscard]] bool valid() const noexcept { return valid_; }
  [[nodiscard]] std::uint64_t sequence() const noexcept { return sequence_; }
  /// Until the cursor moves.
  [[nodiscard]] std::string_view bytes() const noexcept { return current_; }
  /// What ended it, if not the last event.
  [[nodiscard]] expected<void> status(const std::string& directory) const;

private:
  void enter_record();
  void take_first_of_rest();

  std::unique_ptr<rocksdb::Iterator> records_;
  std::string_view rest_;
  std::string_view current_;
  std::uint64_t sequence_ = 0;
  bool valid_ = false;
  bool damaged_ = false;
};

}  // namespace fsm::rocks
