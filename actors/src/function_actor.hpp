#pragma once

#include "call.hpp"
#include "compact_actor.hpp"
#include "function_pool.hpp"
#include "tenant_shares.hpp"
#include "uint48.hpp"
#include <fsm/actors.hpp>
#include <fsm/step.hpp>
#include <fsm/stored.hpp>

#include <caf/actor_storage.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/system_messages.hpp>

#include <cstdint>
#include <string_view>
#include <utility>

namespace fsm::detail {

struct journal_entry;

// Messages a function understands
// -------------------------------
// call                      something happens to it, or somebody asks (call.hpp)
// what <fsm/actors.hpp> lists, from CAF actors

/// One function. It owns its lifecycle record, and nothing else writes it: every change goes
/// through `happen`, which asks the table and hands the outcome to the journal. A thin shell of 96
/// bytes beside its hot line; documents, texts and history are the store's, monitors and running
/// invocations of old versions the pool's.
class function_actor final : public compact_actor {
public:
  function_actor(caf::actor_config& how, std::uint64_t uid, std::string_view name);
  ~function_actor() override { line().name.clear(); }

  // -- any thread ---------------------------------------------------------------------------------
  /// What of it an invocation needs.
  [[nodiscard]] hot_line& line() const noexcept { return function_pool::line_of(this); }
  [[nodiscard]] std::string_view name() const noexcept { return line().name.view(); }
  [[nodiscard]] std::uint64_t uid() const noexcept { return line().uid; }
  [[nodiscard]] admission_word& word() const noexcept { return line().word; }
  [[nodiscard]] tenant_index tenant() const noexcept {
    return line().tenant.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint32_t slot() const noexcept {
    return function_pool::of(this).slot_of(this);
  }
  [[nodiscard]] core* owner() const noexcept override { return function_pool::of(this).owner(); }
  [[nodiscard]] bool runs_on_sender() const noexcept override { return true; }
  [[nodiscard]] bool is_settled() const noexcept { return line().is_settled(); }
  /// One of its transitions has become durable. Journal only.
  void settled_one() noexcept { line().unsettled.fetch_sub(1, std::memory_order_release); }

  /// Its latest transition is the one of `sequence`; gives the one before it. Journal only.
  std::uint64_t follow_with(std::uint64_t sequence) noexcept {
    return std::exchange(last_sequence_, uint48{sequence});
  }

  /// The sequence of its latest transition. Journal only.
  [[nodiscard]] std::uint64_t last_sequence() const noexcept {
    return static_cast<std::uint64_t>(last_sequence_);
  }

  /// Becomes what is stored, before anybody knows of it. Restorer only.
  void restore(const stored_function& from, std::uint16_t tenant, std::uint8_t idle_policy,
               timestamp last_use) noexcept;

  /// The function is gone, or the runtime stops: tells monitors and links, now and whoever comes
  /// later.
  void leave(const caf::error& why) noexcept;
  /// The runtime stops: nothing is admitted any more. Gives the number of admissions still in
  /// flight.
  std::uint32_t close_for_good() noexcept { return word().renew(true).in_flight(); }

  // -- monitors and links (CAF) -------------------------------------------------------------------
  void attach(caf::attachable_ptr what) override;
  std::size_t detach(const caf::attachable::token& what) override;
  void add_link(caf::abstract_actor* other) override;
  void remove_link(caf::abstract_actor* other) override;
  bool add_backlink(caf::abstract_actor* other) override;
  bool remove_backlink(caf::abstract_actor* other) override;

private:
  void handle(internal_message* what) noexcept override;
  void handle(caf::mailbox_element_ptr what) noexcept override;

  void happen(core& o, call& c) noexcept;
  void answer(core& o, call& c) noexcept;
  /// Answers behind everything this function has done so far, and outside of its run.
  void answer_behind(core& o, call& c) noexcept;
  void commit(core& o, call& c, const lifecycle_record& before, const outcome& result) noexcept;
  void open_or_close(core& o, journal_entry& entry, const outcome& result) noexcept;
  void move_running(core& o, journal_entry& entry, bool gone, attempt_token resources) noexcept;
  void assign(const lifecycle_record& next) noexcept;
  [[nodiscard]] bool may_become_idle(core& o, timestamp at) noexcept;
  [[nodiscard]] snapshot look() const;

  void on_request(core& o, caf::mailbox_element_ptr what) noexcept;
  void on_exit(core& o, const caf::exit_msg& what) noexcept;
  void on_system_request(caf::mailbox_element& what) noexcept;
  void on_invoke(core& o, caf::mailbox_element_ptr what) noexcept;
  void on_done(core& o, const admitted& given) noexcept;
  [[nodiscard]] bool is_gone() const noexcept { return word().load().gone(); }

  [[nodiscard]] lifecycle_record record() const noexcept;

  // The lifecycle record, but for the members in the hot line.
  reason_code state_reason_ = reason_code::none;
  reason_code update_reason_ = reason_code::none;
  std::uint32_t revision_ = 0;
  std::uint32_t attempt_ = 0;
  uint48 since_ms_;
  uint48 last_sequence_;  // Only for the journal.
};
static_assert(sizeof(function_actor) == function_pool::actor_bytes);

/// Answers a request: to the next stage of a forwarding chain if there is one, else to the sender.
template <class... Content>
void reply(caf::mailbox_element& request, const caf::strong_actor_ptr& self,
           Content&&... content) noexcept {
  if (!request.stages.empty()) {
    // A forwarding chain: the next stage gets the answer as its message, and the original sender
    // waits on.
    const caf::strong_actor_ptr next = std::move(request.stages.back());
    request.stages.pop_back();
    next->enqueue(
        caf::make_mailbox_element(std::move(request.sender), request.mid, std::move(request.stages),
                                  std::forward<Content>(content)...),
        nullptr);
  } else if (request.sender != nullptr) {
    request.sender->enqueue(caf::make_mailbox_element(self, request.mid.response_id(), {},
                                                      std::forward<Content>(content)...),
                            nullptr);
  }
}

/// The function behind a handle. Handles of functions only; not null.
[[nodiscard]] inline function_actor& function_of(const caf::strong_actor_ptr& who) noexcept {
  return static_cast<function_actor&>(*who->get());
}

[[nodiscard]] caf::error to_caf_error(const error& why);
[[nodiscard]] function_status status_of(const snapshot& found, std::string_view name);

}  // namespace fsm::detail

namespace caf {

/// Puts a function's actor into a slot of the pool: the control block first, as CAF wants it, then
/// what else the head of a slot holds, then the actor.
template <>
class actor_storage<fsm::detail::function_actor> {
public:
  template <class... Args>
  actor_storage(actor_id id, node_id node, actor_system* system, Args&&... args)
      : ctrl(id, node, system, destroy_data, destroy_block) {
    new (data()) fsm::detail::function_actor(std::forward<Args>(args)...);
  }
  actor_storage(const actor_storage&) = delete;
  actor_storage& operator=(const actor_storage&) = delete;

  [[nodiscard]] void* data() noexcept {
    return reinterpret_cast<unsigned char*>(this) + sizeof(fsm::detail::actor_head);
  }

  actor_control_block ctrl;

private:
  static void destroy_data(abstract_actor* who);
  static void destroy_block(actor_control_block* control);
};

static_assert(sizeof(actor_storage<fsm::detail::function_actor>) == 56);

}  // namespace caf
