#pragma once

#include <fsm/store.hpp>

#include <memory>
#include <utility>

namespace bench {

/// Another store, from which subclasses differ in something.
class forwarding_store : public fsm::store {
public:
  explicit forwarding_store(std::shared_ptr<fsm::store> inner) : inner_{std::move(inner)} {}

  [[nodiscard]] fsm::expected<opened> open() override { return inner_->open(); }
  [[nodiscard]] fsm::expected<void> recover(fsm::recovery& into) override {
    return inner_->recover(into);
  }
  void prepare(fsm::change& what) override { inner_->prepare(what); }
  void commit(const fsm::commit_batch& batch, committed done) override {
    inner_->commit(batch, std::move(done));
  }
  void read_document(std::uint64_t uid, std::uint32_t version,
                     std::function<void(fsm::expected<std::string>)> done) override {
    inner_->read_document(uid, version, std::move(done));
  }
  void read_metadata(std::uint64_t uid,
                     std::function<void(fsm::expected<std::string>)> done) override {
    inner_->read_metadata(uid, std::move(done));
  }
  void read_all_metadata(
      std::uint64_t after, std::size_t limit,
      std::function<void(fsm::expected<std::vector<fsm::stored_metadata>>)> done) override {
    inner_->read_all_metadata(after, limit, std::move(done));
  }
  void read_reasons(std::uint64_t uid,
                    std::function<void(fsm::expected<fsm::reason_texts>)> done) override {
    inner_->read_reasons(uid, std::move(done));
  }
  void read_history(
      std::uint64_t uid,
      std::function<void(fsm::expected<std::vector<fsm::transition>>)> done) override {
    inner_->read_history(uid, std::move(done));
  }
  void read_names(std::string_view prefix, std::string_view after, std::size_t limit,
                  std::function<void(fsm::expected<std::vector<std::string>>)> done) override {
    inner_->read_names(prefix, after, limit, std::move(done));
  }
  void read_events(std::uint64_t after, std::size_t limit,
                   std::function<void(fsm::expected<fsm::event_page>)> done) override {
    inner_->read_events(after, limit, std::move(done));
  }
  void checkpoint(std::function<void(fsm::expected<std::string>)> done) override {
    inner_->checkpoint(std::move(done));
  }
  [[nodiscard]] fsm::history_ring history() const noexcept override { return inner_->history(); }
  [[nodiscard]] bool keeps_documents() const noexcept override { return inner_->keeps_documents(); }

private:
  std::shared_ptr<fsm::store> inner_;
};

}  // namespace bench
