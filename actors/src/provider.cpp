#include "completion_state.hpp"
#include <fsm/provider.hpp>

#include <utility>

namespace fsm {

void resource_provider::release_for(const attempt_token& token, std::uint64_t /*epoch*/,
                                    completion done) {
  release(token, std::move(done));
}

void resource_provider::held(attempt_token /*after*/, std::size_t /*limit*/, held_tokens done) {
  done(unexpected({errc::invalid_argument, "this provider does not list what it holds"}));
}

namespace {

struct sink_state final : completion::state {
  explicit sink_state(completion::sink where) : to{std::move(where)} {}
  void deliver(completion::result what, reason_code why, std::string text) override {
    to(what, why, std::move(text));
  }
  completion::sink to;
};

}  // namespace

completion::completion(sink where) : state_{std::make_shared<sink_state>(std::move(where))} {}
completion::completion(std::shared_ptr<state> shared) noexcept : state_{std::move(shared)} {}

void completion::succeeded() const { state_->answer(result::succeeded, reason_code::none, {}); }

void completion::failed(reason_code why, std::string text) const {
  state_->answer(result::failed, is_failure(why) ? why : reason_code::internal_error,
                 std::move(text));
}

void completion::transient(std::string text) const {
  state_->answer(result::transient, reason_code::internal_error, std::move(text));
}

namespace {

class instant_provider final : public resource_provider {
public:
  void provision(const provision_request&, completion done) override { done.succeeded(); }
  void release(const attempt_token&, completion done) override { done.succeeded(); }
  [[nodiscard]] bool wants_documents() const noexcept override { return false; }
};

}  // namespace

std::shared_ptr<resource_provider> make_instant_provider() {
  return std::make_shared<instant_provider>();
}

}  // namespace fsm
