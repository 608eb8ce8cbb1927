#pragma once

#include "forwarding_store.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace fsm::testing {

/// A memory store whose commits can be kept back: they are confirmed, or fail, when the test says
/// so. Batches without a change always pass. A document that is read can be kept back, too.
class gated_store final : public forwarding_store {
public:
  using forwarding_store::forwarding_store;

  /// Keeps back all commits from now on.
  void hold() {
    const std::lock_guard lock{mutex_};
    holding_ = true;
  }
  /// Blocks until a commit has arrived (only useful when other threads bring it).
  void await_commit() {
    std::unique_lock lock{mutex_};
    arrived_.wait(lock, [this] { return waiting_ != nullptr; });
  }
  [[nodiscard]] bool has_commit() const {
    const std::lock_guard lock{mutex_};
    return waiting_ != nullptr;
  }
  /// Names of the transitions in the commit kept back.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    const std::lock_guard lock{mutex_};
    for (const change* c : held_.changes) all.push_back(c->transition.name);
    return all;
  }
  [[nodiscard]] std::size_t commits() const {
    const std::lock_guard lock{mutex_};
    return commits_;
  }
  /// Confirms the commit kept back, and lets all later ones through.
  void let_through() {
    {
      const std::lock_guard lock{mutex_};
      holding_ = false;
    }
    confirm();
  }
  /// Confirms the commit kept back.
  void confirm() {
    commit_batch batch;
    const committed done = take(batch);
    if (done) inner().commit(batch, done);
  }
  /// Keeps the document that is read next back, until it is given out.
  void hold_next_document() {
    const std::lock_guard lock{mutex_};
    holding_document_ = true;
  }
  void give_document_out() {
    std::function<void()> give;
    {
      const std::lock_guard lock{mutex_};
      give = std::exchange(held_document_, nullptr);
    }
    if (give) give();
  }
  /// The commit kept back fails; nobody can say what the store holds.
  void fail() {
    commit_batch batch;
    if (const committed done = take(batch)) done(unexpected({errc::internal, "the disk is gone"}));
  }

  // -- store --------------------------------------------------------------------------------------
  void commit(const commit_batch& batch, committed done) override {
    if (!batch.changes.empty()) {
      const std::lock_guard lock{mutex_};
      ++commits_;
      if (holding_) {
        held_ = batch;
        waiting_ = std::move(done);
        arrived_.notify_all();
        return;
      }
    }
    inner().commit(batch, std::move(done));
  }
  void read_document(std::uint64_t uid, std::uint32_t version,
                     std::function<void(expected<std::string>)> done) override {
    {
      const std::lock_guard lock{mutex_};
      if (std::exchange(holding_document_, false)) {
        held_document_ = [this, uid, version, done = std::move(done)] {
          inner().read_document(uid, version, done);
        };
        return;
      }
    }
    forwarding_store::read_document(uid, version, std::move(done));
  }

private:
  [[nodiscard]] committed take(commit_batch& batch) {
    const std::lock_guard lock{mutex_};
    batch = std::exchange(held_, {});
    return std::exchange(waiting_, nullptr);
  }

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  bool holding_ = false;
  std::size_t commits_ = 0;
  commit_batch held_;
  committed waiting_;
  bool holding_document_ = false;
  std::function<void()> held_document_;
};

}  // namespace fsm::testing
