#include "compact_actor.hpp"

#include "core.hpp"
#include "dispatch.hpp"
#include "function_actor.hpp"
#include "function_pool.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/default_attachable.hpp>
#include <caf/sec.hpp>
#include <caf/system_messages.hpp>

#include <optional>

namespace fsm::detail {

namespace {

/// Requests beyond this many waiting messages are refused.
constexpr std::size_t waiting_max = 1024;

}  // namespace

void compact_actor::enqueue(caf::mailbox_element_ptr what, caf::execution_unit* where) {
  mail* const m = mail::from(what.release());
  push(m, m, where);
}

void compact_actor::post(internal_message* what, caf::execution_unit* where) noexcept {
  push(mail::from(what), mail::from(what), where);
}

void compact_actor::push(mail* newest, mail* oldest, caf::execution_unit* where) noexcept {
  if (!mailbox_.push(newest, oldest)) return;  // From here on it may be gone.
  // The reference that runs it. Nobody else runs it now, and the sender has one until this returns.
  intrusive_ptr_add_ref_impl();
  dispatch(*this, where);
}

compact_actor::progress compact_actor::run(mail* backlog, std::size_t budget) noexcept {
  progress result;
  mail* batch = backlog;
  // While a function runs, its runtime cannot go away.
  std::optional<epoch_domain::pin> pinned;
  if (runs_on_sender()) pinned.emplace(function_pool::of(this).epochs);
  core* const o = owner();
  for (;;) {
    if (batch == nullptr) {
      batch = mailbox_.take_all();
      if (runs_on_sender()) batch = bounce_excess(batch);  // Nobody else can send to the parts.
    }
    if (batch == nullptr) {
      after_batch();
      if (mailbox_.try_idle()) {
        if (o != nullptr) o->quiet(runs_on_sender());
        result.idle = true;
        return result;
      }
      continue;
    }
    while (batch != nullptr) {
      if (result.handled == budget) {
        after_batch();
        result.backlog = batch;
        return result;
      }
      mail* const next = batch->next();
      batch->next(nullptr);
      handle_element(batch);
      ++result.handled;
      batch = next;
    }
  }
}

void compact_actor::handle_element(mail* what) noexcept {
  caf::mailbox_element* const element = what->element();
  if (internal_message::is(*element)) {
    handle(static_cast<internal_message*>(element));
  } else {
    handle(caf::mailbox_element_ptr{element});
  }
}

mail* compact_actor::bounce_excess(mail* batch) noexcept {
  std::size_t count = 0;
  mail* previous = nullptr;
  for (mail* m = batch; m != nullptr;) {
    mail* const next = m->next();
    caf::mailbox_element* const element = m->element();
    if (++count > waiting_max && !internal_message::is(*element) && element->mid.is_request()) {
      previous->next(next);
      m->next(nullptr);
      const caf::mailbox_element_ptr rejected{element};
      bounce(*rejected, to_caf_error({errc::too_many_requests,
                                      "more than 1024 messages are waiting for this function"}));
    } else {
      previous = m;
    }
    m = next;
  }
  return batch;
}

void compact_actor::bounce(caf::mailbox_element& what, caf::error why) noexcept {
  if (!what.mid.is_request()) return;
  caf::strong_actor_ptr to = what.sender;
  if (to == nullptr) return;
  to->enqueue(caf::make_mailbox_element(nullptr, what.mid.response_id(), {}, std::move(why)),
              nullptr);
}

void compact_actor::handle(caf::mailbox_element_ptr what) noexcept {
  bounce(*what, caf::make_error(caf::sec::unexpected_message));
}

caf::resumable::resume_result compact_actor::resume(caf::execution_unit* where, std::size_t) {
  // The run gives back a reference of its own; the scheduler still looks at this object and gives
  // back its own later.
  intrusive_ptr_add_ref_impl();
  run_scheduled(*this, nullptr, where);
  return done;
}

void compact_actor::intrusive_ptr_add_ref_impl() { caf::intrusive_ptr_add_ref(ctrl()); }
void compact_actor::intrusive_ptr_release_impl() { caf::intrusive_ptr_release(ctrl()); }

// Only functions have handles that others can monitor or link to; the parts are nobody's business.
void compact_actor::attach(caf::attachable_ptr) {}
std::size_t compact_actor::detach(const caf::attachable::token&) { return 0; }
void compact_actor::add_link(caf::abstract_actor*) {}
void compact_actor::remove_link(caf::abstract_actor*) {}
bool compact_actor::add_backlink(caf::abstract_actor*) { return false; }
bool compact_actor::remove_backlink(caf::abstract_actor*) { return false; }

}  // namespace fsm::detail
