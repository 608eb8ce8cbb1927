#include "execution/executor.hpp"

#include <utility>

namespace platform::execution {

namespace {

class echo_executor final : public executor {
public:
  void start(version, fsm::completion done) override { done.succeeded(); }
  void stop(const fsm::attempt_token&, fsm::completion done) override { done.succeeded(); }
  [[nodiscard]] std::vector<fsm::attempt_token> held(const fsm::attempt_token&,
                                                     std::size_t) const override {
    return {};
  }
  cancel run(invoke::invocation what, finished done) override {
    return echo_->run(std::move(what), std::move(done));
  }

private:
  const std::unique_ptr<invoke::runner> echo_ = invoke::make_echo_runner();
};

}  // namespace

std::shared_ptr<executor> make_echo_executor() { return std::make_shared<echo_executor>(); }

}  // namespace platform::execution
