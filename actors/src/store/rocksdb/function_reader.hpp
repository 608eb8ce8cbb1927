#pragma once

#include "database.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace fsm::rocks {

/// Reads all functions in order of uid, on a thread of its own and some blocks ahead: reading and
/// decoding takes as long as bringing a function back does.
class function_reader {
public:
  struct block {
    std::vector<stored_function> functions;
    std::size_t count = 0;  ///< Of them that are valid; the others keep their memory.
  };

  explicit function_reader(const database& in);
  ~function_reader();
  function_reader(const function_reader&) = delete;
  function_reader& operator=(const function_reader&) = delete;

  /// Functions that are not there and were used; at most some thousands of them. Once all was read.
  [[nodiscard]] const std::vector<std::uint64_t>& used_without_function() const noexcept {
    return used_without_function_;
  }
  /// The next block; null when all was read. Valid until the next call.
  [[nodiscard]] expected<block*> next();

private:
  void run();
  [[nodiscard]] expected<void> read_all();
  /// A block to be filled, as soon as there is one. Null = nobody wants more.
  [[nodiscard]] std::unique_ptr<block> take_empty();
  void hand_over(std::unique_ptr<block> filled);

  static constexpr std::size_t block_size = 1024;
  static constexpr std::size_t blocks_max = 8;
  static constexpr std::size_t used_without_function_max = 8192;

  [[nodiscard]] expected<void> skip_uses(rocksdb::Iterator& uses, std::uint64_t before);

  const database& db_;
  std::unique_ptr<block> in_use_;
  std::vector<std::uint64_t> used_without_function_;  // The thread's, until it ends.

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<block>> empty_;
  std::deque<std::unique_ptr<block>> filled_;
  expected<void> result_;
  bool at_end_ = false;
  bool unwanted_ = false;
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace fsm::rocks
