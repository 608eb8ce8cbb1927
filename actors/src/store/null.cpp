#include <fsm/store.hpp>

namespace fsm {

namespace {

class null_store final : public store {
public:
  [[nodiscard]] expected<opened> open() override { return opened{}; }
  [[nodiscard]] expected<void> recover(recovery& /*into*/) override { return {}; }
  void commit(const commit_batch& /*batch*/, committed done) override { done({}); }
  void read_document(std::uint64_t, std::uint32_t,
                     std::function<void(expected<std::string>)> done) override {
    done(unexpected({errc::not_found, "this store keeps no documents"}));
  }
  void read_metadata(std::uint64_t, std::function<void(expected<std::string>)> done) override {
    done(std::string{});
  }
  void read_all_metadata(
      std::uint64_t, std::size_t,
      std::function<void(expected<std::vector<stored_metadata>>)> done) override {
    done(std::vector<stored_metadata>{});
  }
  void read_reasons(std::uint64_t, std::function<void(expected<reason_texts>)> done) override {
    done(reason_texts{});
  }
  void read_history(std::uint64_t,
                    std::function<void(expected<std::vector<transition>>)> done) override {
    done(std::vector<transition>{});
  }
  void read_names(std::string_view, std::string_view, std::size_t,
                  std::function<void(expected<std::vector<std::string>>)> done) override {
    done(std::vector<std::string>{});
  }
  void read_events(std::uint64_t after, std::size_t,
                   std::function<void(expected<event_page>)> done) override {
    done(event_page{.events = {}, .oldest = after + 1});
  }
  [[nodiscard]] bool keeps_documents() const noexcept override { return false; }
};

}  // namespace

std::shared_ptr<store> make_null_store() { return std::make_shared<null_store>(); }

}  // namespace fsm
