#pragma once

#include <fsm/store.hpp>

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace fsm::testing {

/// A memory store whose commits can be kept back: they are confirmed, or fail, when the test says
/// so.
class gated_store final : public store {
public:
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
    for (const change* c : batch_) all.push_back(c->transition.name);
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
    std::vector<change*> batch;
    const committed done = take(batch);
    if (done) inner_->commit(batch, done);
  }
  /// The commit kept back fails; nobody can say what the store holds.
  void fail() {
    std::vector<change*> batch;
    if (const committed done = take(batch)) done(unexpected({errc::internal, "the disk is gone"}));
  }

  // -- store --------------------------------------------------------------------------------------
  [[nodiscard]] expected<opened> open() override { return inner_->open(); }
  void commit(std::span<change* const> batch, committed done) override {
    {
      const std::lock_guard lock{mutex_};
      ++commits_;
      if (holding_) {
        batch_.assign(batch.begin(), batch.end());
        waiting_ = std::move(done);
        arrived_.notify_all();
        return;
      }
    }
    inner_->commit(batch, std::move(done));
  }
  void read_document(std::uint64_t uid, std::uint32_t version,
                     std::function<void(expected<std::string>)> done) override {
    inner_->read_document(uid, version, std::move(done));
  }
  void read_reasons(std::uint64_t uid, std::function<void(expected<reason_texts>)> done) override {
    inner_->read_reasons(uid, std::move(done));
  }
  void read_history(std::uint64_t uid,
                    std::function<void(expected<std::vector<transition>>)> done) override {
    inner_->read_history(uid, std::move(done));
  }
  void read_names(std::string_view prefix, std::string_view after, std::size_t limit,
                  std::function<void(expected<std::vector<std::string>>)> done) override {
    inner_->read_names(prefix, after, limit, std::move(done));
  }

private:
  [[nodiscard]] committed take(std::vector<change*>& batch) {
    const std::lock_guard lock{mutex_};
    batch = std::exchange(batch_, {});
    return std::exchange(waiting_, nullptr);
  }

  std::shared_ptr<store> inner_ = make_memory_store();
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  bool holding_ = false;
  std::size_t commits_ = 0;
  std::vector<change*> batch_;
  committed waiting_;
};

}  // namespace fsm::testing
