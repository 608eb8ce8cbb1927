#include <fsm/store.hpp>

namespace fsm {

namespace {

class null_store final : public store {
public:
  [[nodiscard]] expected<opened> open() override { return opened{}; }
  void commit(std::span<change* const>, committed done) override { done({}); }
  void read_document(std::uint64_t, std::uint32_t,
                     std::function<void(expected<std::string>)> done) override {
    done(unexpected({errc::not_found, "this store keeps no documents"}));
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
  [[nodiscard]] bool keeps_documents() const noexcept override { return false; }
};

}  // namespace

std::shared_ptr<store> make_null_store() { return std::make_shared<null_store>(); }

}  // namespace fsm
