// What a function's actor says to CAF: its messages, monitors and links.

#include "core.hpp"
#include "function_actor.hpp"
#include "journal.hpp"

#include <caf/actor_addr.hpp>
#include <caf/default_attachable.hpp>
#include <caf/sec.hpp>

namespace fsm::detail {

namespace {

/// An invocation that has to wait for a transition to become durable; then it is asked for anew.
struct invoke_again final : call {
  invoke_again(caf::mailbox_element_ptr request, caf::strong_actor_ptr self)
      : request_{std::move(request)}, self_{std::move(self)} {}
  void answered() noexcept override {
    if (failure.code == errc::none) {
      self_->enqueue(std::move(request_), nullptr);
    } else {
      reply(*request_, self_, to_caf_error(failure));
    }
    delete this;
  }

private:
  caf::mailbox_element_ptr request_;
  caf::strong_actor_ptr self_;
};

}  // namespace

caf::error to_caf_error(const error& why) {
  return caf::error{static_cast<std::uint8_t>(why.code), caf::atom("fsm"),
                    caf::make_message(why.message)};
}

function_status status_of(const snapshot& found, std::string_view name) {
  return {.name = std::string{name},
          .uid = found.uid,
          .state = static_cast<std::uint8_t>(found.record.pair.state),
          .update_status = static_cast<std::uint8_t>(found.record.pair.update_status),
          .state_reason = static_cast<std::uint16_t>(found.record.state_reason),
          .update_reason = static_cast<std::uint16_t>(found.record.update_reason),
          .revision = found.record.revision,
          .version = found.record.target() != 0 ? found.record.target() : found.record.version};
}

namespace {

/// The error that a request is refused with, counted.
caf::error refuse(core& o, const error& why) {
  o.counts.refused(why.code);
  return to_caf_error(why);
}

}  // namespace

void function_actor::handle(caf::mailbox_element_ptr what) noexcept {
  if (what->mid.is_response()) return;  // Functions ask nobody anything.
  core* const o = owner();
  auto& content = what->content();
  if (o != nullptr && content.match_elements<done_atom, admitted>()) {
    // Also when the function is gone: its resources wait for this.
    on_done(*o, content.get_as<admitted>(1));
    return;
  }
  // Asks the record, not the admission word: that would be one more cache miss per message.
  if (o == nullptr || line().pair == pairs::absent) {
    bounce(*what, caf::make_error(caf::sec::request_receiver_down));
    return;
  }
  if (content.match_elements<caf::exit_msg>()) {
    on_exit(*o, content.get_as<caf::exit_msg>(0));
  } else if (content.match_elements<caf::down_msg>()) {
    // Somebody this function was told to watch; it does not care.
  } else if (!content.empty() && content.match_element<caf::sys_atom>(0)) {
    on_system_request(*what);
  } else {
    on_request(*o, std::move(what));
  }
}

void function_actor::on_request(core& o, caf::mailbox_element_ptr what) noexcept {
  auto& content = what->content();
  if (content.match_elements<ping_atom, std::uint64_t>()) {
    const auto n = content.get_as<std::uint64_t>(1);
    reply(*what, ctrl(), ping_atom::value, n + 1);
    return;
  }
  if (content.match_elements<invoke_atom>()) {
    on_invoke(o, std::move(what));
    return;
  }
  const bool is_update = content.match_elements<update_atom, std::string>();
  const bool is_remove = content.match_elements<remove_atom>();
  if (!is_update && !is_remove && !content.match_elements<status_atom>()) {
    bounce(*what, caf::make_error(caf::sec::unexpected_message));
    return;
  }
  happening happened{.event = event::read, .at = o.clock->now()};
  std::string document;
  if (is_update) {
    happened.event = event::update;
    document = content.get_as<std::string>(1);
    if (document.size() > document_bytes_max) {
      bounce(*what, refuse(o, {errc::invalid_argument, "the document is larger than 256 MiB"}));
      return;
    }
  } else if (is_remove) {
    happened.event = event::remove;
  }
  if (is_update || is_remove) {
    error full = is_update ? o.room_for_provisioning() : o.room_for_transition();
    if (full.code == errc::none) full = o.room_for_tenant(tenant(), happened.event);
    if (full.code != errc::none) {
      bounce(*what, refuse(o, full));
      return;
    }
  }
  auto* c = new caf_call{std::move(what), caf::strong_actor_ptr{ctrl()}};
  c->what = happened;
  c->document = std::move(document);
  happen(o, *c);
}

void function_actor::on_done(core& o, const admitted& given) noexcept {
  // Whatever is sent: no more is given back than was given.
  std::atomic<std::uint64_t>& count = o.pool->admitted_by_message;
  std::uint64_t given_out = count.load(std::memory_order_relaxed);
  while (given_out != 0 &&
         !count.compare_exchange_weak(given_out, given_out - 1, std::memory_order_relaxed)) {
  }
  if (given_out == 0 || o.pool->complete(line(), given.generation)) return;
  o.complete_drained(slot(), given.generation);
}

void function_actor::on_invoke(core& o, caf::mailbox_element_ptr what) noexcept {
  admission_grant to;
  const bool has_asker = what->sender != nullptr || !what->stages.empty();
  if (line().pair.state == state::active && !has_asker) return;  // Nobody could give it back.
  if (line().try_admit(to, o.clock->coarse_now())) {
    o.pool->admitted_by_message.fetch_add(1, std::memory_order_relaxed);
    tally::raise(o.counts.admissions_by_message);
    reply(*what, ctrl(), admitted{to.generation, to.version, to.held});
    return;
  }
  if (word().load().in_flight() == admission_word::in_flight_max) {
    bounce(*what, refuse(o, {errc::too_many_requests,
                             "too many invocations of this function are in flight"}));
    return;
  }
  if (line().pair.state == state::active) {
    // Open, but its latest transition is not durable yet: once more when it is.
    auto* again = new invoke_again{std::move(what), caf::strong_actor_ptr{ctrl()}};
    again->what = {.event = event::read, .at = o.clock->now()};
    answer(o, *again);
    return;
  }
  // It may start a restore.
  error full = o.room_for_provisioning();
  if (full.code == errc::none) full = o.room_for_tenant(tenant(), event::invoke);
  if (full.code != errc::none) {
    bounce(*what, refuse(o, full));
    return;
  }
  auto* c = new caf_call{std::move(what), caf::strong_actor_ptr{ctrl()}};
  c->what = {.event = event::invoke, .at = o.clock->now()};
  happen(o, *c);
}

void function_actor::on_exit(core& o, const caf::exit_msg& what) noexcept {
  if (!what.reason || what.reason == caf::exit_reason::normal) return;
  auto* c = new tell;
  c->what = {.event = event::remove, .at = o.clock->now()};
  c->why = cause::exit;
  c->exit_reason = what.reason;
  happen(o, *c);
}

void function_actor::on_system_request(caf::mailbox_element& what) noexcept {
  auto& content = what.content();
  if (content.match_elements<caf::sys_atom, caf::get_atom, std::string>() &&
      content.get_as<std::string>(2) == "info") {
    reply(what, ctrl(), caf::ok_atom::value, std::string{"info"}, caf::strong_actor_ptr{ctrl()},
          std::string{"fsm.function"});
    return;
  }
  bounce(what, caf::make_error(caf::sec::unsupported_sys_message));
}

void function_actor::attach(caf::attachable_ptr what) {
  what =
      function_pool::of(this).attachments.add(id(), std::move(what), [this] { return is_gone(); });
  if (what != nullptr)
    guarded([&what] { what->actor_exited(caf::make_error(caf::exit_reason::normal), nullptr); });
}

std::size_t function_actor::detach(const caf::attachable::token& what) {
  return function_pool::of(this).attachments.remove(id(), what, false);
}

void function_actor::add_link(caf::abstract_actor* other) {
  bool linked = false;
  joined_exclusive_critical_section(this, other, [&] { linked = other->add_backlink(this); });
  if (linked) attach(caf::default_attachable::make_link(address(), other->address()));
}

void function_actor::remove_link(caf::abstract_actor* other) {
  joined_exclusive_critical_section(this, other, [&] { other->remove_backlink(this); });
  detach(caf::default_attachable::observe_token{other->address(), caf::default_attachable::link});
}

bool function_actor::add_backlink(caf::abstract_actor* other) {
  auto& table = function_pool::of(this).attachments;
  const caf::default_attachable::observe_token token{other->address(),
                                                     caf::default_attachable::link};
  if (table.contains(id(), token)) return false;
  auto rejected = table.add(id(), caf::default_attachable::make_link(address(), other->address()),
                            [this] { return is_gone(); });
  if (rejected == nullptr) return true;
  rejected->actor_exited(caf::make_error(caf::exit_reason::normal), nullptr);
  return false;
}

bool function_actor::remove_backlink(caf::abstract_actor* other) {
  const caf::default_attachable::observe_token token{other->address(),
                                                     caf::default_attachable::link};
  return function_pool::of(this).attachments.remove(id(), token, true) > 0;
}

void function_actor::leave(const caf::error& why) noexcept {
  const caf::attachable_ptr all = function_pool::of(this).attachments.take(id());
  for (caf::attachable* a = all.get(); a != nullptr; a = a->next.get()) {
    guarded([a, &why] { a->actor_exited(why, nullptr); });
  }
}

}  // namespace fsm::detail

namespace caf {

void actor_storage<fsm::detail::function_actor>::destroy_data(abstract_actor* who) {
  who->on_destroy();
  static_cast<fsm::detail::function_actor*>(who)->~function_actor();
}

void actor_storage<fsm::detail::function_actor>::destroy_block(actor_control_block* control) {
  auto* const self = reinterpret_cast<actor_storage*>(control);
  auto& pool = fsm::detail::function_pool::of(self);
  const auto* who = static_cast<fsm::detail::function_actor*>(self->data());
  const std::uint32_t slot = pool.slot_of(who);
  self->~actor_storage();
  pool.give(slot);
}

}  // namespace caf
