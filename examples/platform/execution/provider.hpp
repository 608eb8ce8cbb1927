#pragma once

#include "execution/executor.hpp"
#include "world.hpp"
#include <fsm/provider.hpp>

#include <cstddef>
#include <memory>

namespace platform::execution {

/// What a function needs to run: first what the simulated cloud has to give (addresses, interfaces,
/// images), then an execution environment. A version that is published takes over what its function
/// runs on: its environments start when they are first needed.
class provider final : public fsm::resource_provider {
public:
  provider(std::shared_ptr<world> cloud, std::shared_ptr<executor> runs);

  void provision(const fsm::provision_request& request, fsm::completion done) override;
  void release(const fsm::attempt_token& token, fsm::completion done) override;
  [[nodiscard]] bool wants_recovered() const override { return cloud_->wants_recovered(); }
  /// Environments of functions that were brought back start when they are first needed.
  void recovered(const fsm::provision_request& held) override { cloud_->recovered(held); }
  void held(fsm::attempt_token after, std::size_t limit, held_tokens done) override;

private:
  const std::shared_ptr<world> cloud_;
  const std::shared_ptr<executor> executor_;
};

}  // namespace platform::execution
