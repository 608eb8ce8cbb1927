#include "recovery_log.hpp"

#include <spdlog/spdlog.h>

namespace platform {

void recovery_log::on_recovery(const fsm::recovery_progress& so_far) {
  if (so_far.finished) return log_->info("recovered functions={}", so_far.functions);
  log_->info("recovering functions={} of={}", so_far.functions, so_far.expected);
}

void recovery_log::on_audit(const fsm::audit_result& what) {
  log_->info("audited held={} orphans={}", what.held, what.orphans);
}

}  // namespace platform
