#include "function_reader.hpp"

#include "keys.hpp"
#include "problems.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace fsm::rocks {

function_reader::function_reader(const database& in) : db_{in} {
  for (std::size_t i = 0; i < blocks_max; ++i) {
    auto made = std::make_unique<block>();
    made->functions.resize(block_size);
    empty_.push_back(std::move(made));
  }
  thread_ = std::thread{[this] { run(); }};
}

function_reader::~function_reader() {
  {
    const std::lock_guard lock{mutex_};
    unwanted_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

expected<function_reader::block*> function_reader::next() {
  std::unique_lock lock{mutex_};
  if (in_use_ != nullptr) empty_.push_back(std::move(in_use_));
  changed_.notify_all();
  changed_.wait(lock, [this] { return !filled_.empty() || at_end_; });
  if (filled_.empty()) {
    if (!result_) return unexpected(result_.error());
    return nullptr;
  }
  in_use_ = std::move(filled_.front());
  filled_.pop_front();
  return in_use_.get();
}

void function_reader::run() {
  expected<void> result = read_all();
  {
    const std::lock_guard lock{mutex_};
    result_ = std::move(result);
    at_end_ = true;
  }
  changed_.notify_all();
}

std::unique_ptr<function_reader::block> function_reader::take_empty() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return !empty_.empty() || unwanted_; });
  if (unwanted_) return nullptr;
  std::unique_ptr<block> taken = std::move(empty_.back());
  empty_.pop_back();
  taken->count = 0;
  return taken;
}

void function_reader::hand_over(std::unique_ptr<block> filled) {
  {
    const std::lock_guard lock{mutex_};
    filled_.push_back(std::move(filled));
  }
  changed_.notify_all();
}

/// To the first use of a function that is not before this one.
expected<void> function_reader::skip_uses(rocksdb::Iterator& uses, std::uint64_t before) {
  for (; uses.Valid(); uses.Next()) {
    if (auto ours = db_.check_form(family::last_used, uses); !ours) return ours;
    const auto uid = number_at<std::uint64_t>(uses.key(), 0);
    if (uid >= before) break;
    if (used_without_function_.size() < used_without_function_max)
      used_without_function_.push_back(uid);
  }
  return {};
}

expected<void> function_reader::read_all() {
  const auto functions = db_.scan(family::functions);
  const auto uses = db_.scan(family::last_used);
  std::unique_ptr<block> current;
  uses->SeekToFirst();
  for (functions->SeekToFirst(); functions->Valid(); functions->Next()) {
    if (current == nullptr && (current = take_empty()) == nullptr) return {};
    stored_function& function = current->functions[current->count++];
    if (auto read = decode(functions->value().ToStringView(), function); !read)
      return unexpected(damaged(db_.directory, read.error().message));
    if (auto skipped = skip_uses(*uses, function.uid); !skipped) return skipped;
    if (uses->Valid() && number_at<std::uint64_t>(uses->key(), 0) == function.uid) {
      function.last_used = std::max(function.last_used, time_at(uses->value(), 0));
      uses->Next();
    }
    if (current->count == block_size) hand_over(std::move(current));
  }
  if (auto skipped = skip_uses(*uses, std::numeric_limits<std::uint64_t>::max()); !skipped)
    return skipped;
  for (const rocksdb::Iterator* i : {functions.get(), uses.get()}) {
    if (!i->status().ok()) return unexpected(problem(db_.directory, "read", i->status()));
  }
  if (current != nullptr) hand_over(std::move(current));
  return {};
}

}  // namespace fsm::rocks
