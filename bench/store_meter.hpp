#pragma once

#include "forwarding_store.hpp"
#include "latency.hpp"
#include "measure.hpp"

#include <cstdint>
#include <memory>
#include <mutex>

namespace bench {

/// What stores were asked to keep.
struct commit_counts {
  std::uint64_t transitions = 0;
  std::uint64_t commits = 0;  ///< With at least one transition.
  latency_histogram latency;  ///< Of these commits, from the call to the answer.

  void add(const commit_counts& later);
  [[nodiscard]] double transitions_per_commit() const {
    return commits > 0 ? static_cast<double>(transitions) / static_cast<double>(commits) : 0;
  }
};

/// Counts the commits of one store after the other. Any thread.
class store_meter {
public:
  void add(std::uint64_t transitions, nanoseconds took);
  /// What has been counted since the last time.
  [[nodiscard]] commit_counts take();

private:
  std::mutex mutex_;
  commit_counts counts_;
};

/// Adds a line and members about commits to what was measured; nothing when there were none.
/// `seconds`: how long they took together; 0 = nobody knows, as preparations are among them.
void note_commits(measurement& into, const commit_counts& counts, double seconds);

/// A store whose successful commits are counted.
class metered_store final : public forwarding_store {
public:
  metered_store(std::shared_ptr<fsm::store> inner, std::shared_ptr<store_meter> meter)
      : forwarding_store{std::move(inner)}, meter_{std::move(meter)} {}

  void commit(const fsm::commit_batch& batch, committed done) override;

private:
  std::shared_ptr<store_meter> meter_;
};

}  // namespace bench
