#include "restorer.hpp"

#include "auditor.hpp"
#include "core.hpp"
#include "function_actor.hpp"
#include "idle_clock_writer.hpp"
#include "mutant.hpp"
#include "provisioner.hpp"
#include "reclaimer.hpp"
#include "views.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fsm::detail {

namespace {

/// Observers hear of progress after so many functions each.
constexpr std::uint64_t progress_step = std::uint64_t{1} << 18U;

/// The attempt that was under way, if the function was waiting for one.
[[nodiscard]] bool waits_for_attempt(const lifecycle_record& r) noexcept {
  return r.pair.state == state::pending || r.target() != 0;
}

[[nodiscard]] attempt_kind kind_of_attempt(const lifecycle_record& r) noexcept {
  if (r.pair == pairs::creating) return attempt_kind::create;
  return r.target() != 0 ? attempt_kind::update : attempt_kind::restore;
}

}  // namespace

restorer::restorer(core& o, const store::opened& found)
    : core_{o},
      progress_{.functions = 0, .expected = found.functions, .finished = false},
      alive_at_{found.alive_at},
      now_{o.clock->now()},
      provider_wants_it_{o.provider->wants_recovered()} {}

void restorer::on_owed_release(std::uint64_t uid, std::uint32_t number) {
  if (mutated(mutant::owed_release_not_recovered)) return;
  work_.add({.token = {uid, number}, .who = {}});
}

void restorer::on_function(stored_function& function) {
  if (first_problem_.code != errc::none) return;
  const lifecycle_record& record = function.lifecycle;
  const std::size_t situation = index_of(record.pair);
  if (situation == illegal_pair || record.pair == pairs::absent) {
    return fail(function, "it is in a situation that this version does not know");
  }
  const std::int32_t policy =
      function.idle_after == duration{} ? 0 : core_.idle_policies.index_of(function.idle_after);
  if (policy < 0) return fail(function, "there are more than 256 different idle times");
  const std::uint16_t tenant = tenant_of(function);
  if (first_problem_.code != errc::none) return;

  bool is_new = false;
  const std::uint32_t slot =
      core_.directory.find_or_add(function.name, core_.pool->names(), [this, &function, &is_new] {
        is_new = true;
        return core_.make_function(function.name, function.uid);
      });
  if (slot == directory::none) {
    return fail(function, fmt::format("functions_max is {}; raise it", core_.how.functions_max));
  }
  if (!is_new) return fail(function, "another one has the same name");

  core_.sharing.meet(tenant);
  function_actor& who = *core_.pool->function(slot);
  who.restore(function, tenant, static_cast<std::uint8_t>(policy), last_use_of(function));
  core_.index.move(slot, pairs::absent, record.pair);
  core_.index.tell_reasons(slot, {}, record);
  if (record.pair.state == state::active) core_.reclaimer->adopt(slot);
  if (waits_for_attempt(record)) note_attempt(who, function);
  if (provider_wants_it_ && record.held != 0) tell_provider(function);
  if (++progress_.functions % progress_step == 0) tell_progress(false);
}

expected<void> restorer::finish() {
  if (first_problem_.code != errc::none) return unexpected(first_problem_);
  if (progress_.functions != 0) tell_progress(true);
  work_.sort();
  if (work_.size() != 0) {
    auto* owed = new resume_work;
    owed->work = std::move(work_);
    core_.provisioner->post(owed);
  }
  core_.reclaimer->start();
  core_.auditor->start();
  return {};
}

void restorer::fail(const stored_function& function, const std::string& why) {
  first_problem_ = {errc::internal, fmt::format("function {} (uid {}) cannot be brought back: {}",
                                                function.name, function.uid, why)};
}

std::uint16_t restorer::tenant_of(const stored_function& function) {
  if (function.tenant == last_tenant_) return last_tenant_index_;
  const std::int32_t index = core_.tenants.index_of(function.tenant);
  if (index < 0) {
    fail(function, "there are more than 65535 different tenants");
    return 0;
  }
  last_tenant_ = function.tenant;
  last_tenant_index_ = static_cast<std::uint16_t>(index);
  return last_tenant_index_;
}

/// What is stored may be behind by the interval of writing back: it counts as used then, so that a
/// restart shortens nobody's idle time.
timestamp restorer::last_use_of(const stored_function& function) const {
  if (mutated(mutant::idle_clock_lost)) return {};
  const duration idle_after =
      function.idle_after == duration{} ? core_.how.idle_after : function.idle_after;
  const timestamp alive_at = std::max(alive_at_, function.last_used);
  const timestamp latest = std::min(function.last_used + write_back_interval(idle_after), alive_at);
  switch (core_.how.after_restart) {
    case idle_after_restart::remaining: return now_ - (alive_at - latest);
    case idle_after_restart::absolute: return std::min(latest, now_);
    case idle_after_restart::anew: break;
  }
  return now_;
}

void restorer::note_attempt(const function_actor& who, const stored_function& function) {
  const lifecycle_record& r = function.lifecycle;
  const attempt_kind kind = kind_of_attempt(r);
  work_.add({.token = {function.uid, r.attempt},
             .who = caf::strong_actor_ptr{who.ctrl()},
             .document_version = kind == attempt_kind::restore ? r.version : r.attempt,
             .kind = kind});
  core_.attempts.take(who.line().tenant.load(std::memory_order_relaxed));
}

void restorer::tell_provider(const stored_function& function) const {
  provision_request held{.token = {function.uid, function.lifecycle.held},
                         .kind = attempt_kind::create,
                         .epoch = core_.epoch,
                         .name = function.name,
                         .tenant = function.tenant,
                         .document = {}};
  if (core_.store->keeps_documents() && core_.provider->wants_documents()) {
    auto document = await<std::string>([this, &function](auto done) {
      core_.store->read_document(function.uid, function.lifecycle.version, std::move(done));
    });
    if (document) held.document = *std::move(document);
  }
  guarded([this, &held] { core_.provider->recovered(held); });
}

void restorer::tell_progress(bool finished) {
  progress_.finished = finished;
  progress_.expected = std::max(progress_.expected, progress_.functions);
  core_.observe([this](observer& o) { o.on_recovery(progress_); });
}

}  // namespace fsm::detail
