#pragma once

#include "latency.hpp"
#include <fsm/store.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace bench {

/// A null store that notes when each function came back from a restore: the moment of the
/// transition itself, on the thread that made it. Two stores of a word per transition.
class stamping_store final : public fsm::store {
public:
  void prepare(fsm::change& what) override;
  /// When the function last came back; nothing if that has been written over since, by one of the
  /// next hundred thousand. Any thread.
  [[nodiscard]] std::optional<time_point> stamp_of(std::uint64_t uid) const noexcept;

  [[nodiscard]] fsm::expected<opened> open() override { return nowhere_->open(); }
  [[nodiscard]] fsm::expected<void> recover(fsm::recovery& into) override {
    return nowhere_->recover(into);
  }
  void commit(const fsm::commit_batch& batch, committed done) override {
    nowhere_->commit(batch, std::move(done));
  }
  void read_document(std::uint64_t uid, std::uint32_t version,
                     std::function<void(fsm::expected<std::string>)> done) override {
    nowhere_->read_document(uid, version, std::move(done));
  }
  void read_reasons(std::uint64_t uid,
                    std::function<void(fsm::expected<fsm::reason_texts>)> done) override {
    nowhere_->read_reasons(uid, std::move(done));
  }
  void read_history(
      std::uint64_t uid,
      std::function<void(fsm::expected<std::vector<fsm::transition>>)> done) override {
    nowhere_->read_history(uid, std::move(done));
  }
  void read_names(std::string_view prefix, std::string_view after, std::size_t limit,
                  std::function<void(fsm::expected<std::vector<std::string>>)> done) override {
    nowhere_->read_names(prefix, after, limit, std::move(done));
  }
  void read_events(std::uint64_t after, std::size_t limit,
                   std::function<void(fsm::expected<fsm::event_page>)> done) override {
    nowhere_->read_events(after, limit, std::move(done));
  }
  [[nodiscard]] bool keeps_documents() const noexcept override {
    return nowhere_->keeps_documents();
  }

private:
  struct stamp {
    std::atomic<std::uint64_t> uid{0};
    std::atomic<clock::rep> when{0};
  };
  static constexpr std::size_t room = std::size_t{1} << 17;

  std::shared_ptr<fsm::store> nowhere_ = fsm::make_null_store();
  std::unique_ptr<std::array<stamp, room>> stamps_ = std::make_unique<std::array<stamp, room>>();
};

}  // namespace bench
