#pragma once

#include "metered_provider.hpp"
#include "scattered_order.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace bench {

/// A provider that can keep its answers back until it is told to give them: which restores end, and
/// when, is then the benchmark's to say. Otherwise it answers at once.
class keeping_provider final : public metered_provider {
public:
  /// Keeps answers for the functions of the first `room` turns of `order`, which must outlive it.
  keeping_provider(const scattered_order& order, std::uint64_t room) : order_{order}, kept_(room) {}

  /// From now on, answers are kept or not. Any thread.
  void keep_answers(bool on) {
    const std::lock_guard lock{mutex_};
    keeping_ = on;
  }
  /// Gives the answer for the function of a turn. Any thread, one per turn; only once no more
  /// answers are being put there (`in_flight` says how many there are).
  void answer_kept(std::uint64_t turn) {
    answer(*kept_[turn]);
    kept_[turn].reset();
  }
  /// Keeps none from now on, and gives all that were.
  void answer_all_kept();

protected:
  bool keep(const fsm::provision_request& request, const fsm::completion& done) override;

private:
  const scattered_order& order_;
  std::mutex mutex_;
  bool keeping_ = false;
  std::vector<std::optional<fsm::completion>> kept_;
};

}  // namespace bench
