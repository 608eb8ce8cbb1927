#include "event_log.hpp"

#include "keys.hpp"
#include "problems.hpp"

#include <fmt/format.h>

namespace fsm::rocks {

namespace {

// Before each event stands how long it is.
using length = std::uint32_t;

}  // namespace

void event_writer::add(rocksdb::WriteBatch& into, std::uint64_t sequence, std::string_view first,
                       std::string_view last) {
  if (count_ == 0) first_ = sequence;
  const auto size = key<sizeof(length)>{}.add(static_cast<length>(first.size() + last.size()));
  record_.append(rocksdb::Slice{size}.ToStringView()).append(first).append(last);
  if (++count_ == events_max) end(into);
}

void event_writer::end(rocksdb::WriteBatch& into) {
  if (count_ == 0) return;
  into.Put(db_[family::events], number_key(first_), record_);
  record_.clear();
  count_ = 0;
}

void event_cursor::seek_to_first() {
  records_->SeekToFirst();
  enter_record();
}

void event_cursor::seek(std::uint64_t sequence) {
  records_->SeekForPrev(number_key(sequence));
  if (!records_->Valid() && records_->status().ok()) records_->SeekToFirst();
  enter_record();
  while (valid_ && sequence_ < sequence) next();
}

void event_cursor::next() {
  ++sequence_;
  if (!rest_.empty()) return take_first_of_rest();
  records_->Next();
  enter_record();
}

void event_cursor::enter_record() {
  valid_ = false;
  if (!records_->Valid()) return;
  damaged_ = records_->key().size() != sizeof(sequence_);
  if (damaged_) return;
  sequence_ = number_at<std::uint64_t>(records_->key(), 0);
  rest_ = records_->value().ToStringView();
  take_first_of_rest();
}

void event_cursor::take_first_of_rest() {
  valid_ = false;
  damaged_ = true;
  if (rest_.size() < sizeof(length)) return;
  const auto size = number_at<length>({rest_.data(), rest_.size()}, 0);
  rest_.remove_prefix(sizeof(length));
  if (rest_.size() < size) return;
  current_ = rest_.substr(0, size);
  rest_.remove_prefix(size);
  valid_ = true;
  damaged_ = false;
}

expected<void> event_cursor::status(const std::string& directory) const {
  if (damaged_)
    return unexpected(
        damaged(directory, fmt::format("event {} or its key is cut short", sequence_)));
  if (!records_->status().ok()) return unexpected(problem(directory, "read", records_->status()));
  return {};
}

}  // namespace fsm::rocks
