#include <fsm/provider.hpp>

#include <atomic>
#include <utility>

namespace fsm {

struct completion::state {
  explicit state(sink where) : to{std::move(where)} {}
  std::atomic<bool> answered{false};
  sink to;

  void answer(result what, reason_code why, std::string text) {
    if (!answered.exchange(true, std::memory_order_acq_rel)) to(what, why, std::move(text));
  }
};

completion::completion(sink where) : state_{std::make_shared<state>(std::move(where))} {}

void completion::succeeded() const { state_->answer(result::succeeded, reason_code::none, {}); }

void completion::failed(reason_code why, std::string text) const {
  state_->answer(result::failed, why, std::move(text));
}

void completion::transient(std::string text) const {
  state_->answer(result::transient, reason_code::internal_error, std::move(text));
}

namespace {

class instant_provider final : public resource_provider {
public:
  void provision(const provision_request&, completion done) override { done.succeeded(); }
  void release(const attempt_token&, completion done) override { done.succeeded(); }
};

}  // namespace

std::shared_ptr<resource_provider> make_instant_provider() {
  return std::make_shared<instant_provider>();
}

}  // namespace fsm
