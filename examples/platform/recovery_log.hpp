#pragma once

#include <fsm/observer.hpp>

#include <spdlog/logger.h>

#include <memory>

namespace platform {

/// Logs how far a start has got with the functions of an earlier life, and what audits find.
class recovery_log final : public fsm::observer {
public:
  explicit recovery_log(std::shared_ptr<spdlog::logger> log) : log_{std::move(log)} {}

  void on_recovery(const fsm::recovery_progress& so_far) override;
  void on_audit(const fsm::audit_result& what) override;

private:
  const std::shared_ptr<spdlog::logger> log_;
};

}  // namespace platform
