#pragma once

#include "mailbox.hpp"
#include "message.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/execution_unit.hpp>
#include <caf/resumable.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fsm::detail {

struct core;

/// Adapts CAF's mailbox element to `mailbox`.
struct mail final {
  // `mailbox<mail>` only ever sees pointers to elements; a `mail*` is one of them.
  [[nodiscard]] static mail* from(caf::mailbox_element* e) noexcept {
    return reinterpret_cast<mail*>(e);
  }
  [[nodiscard]] caf::mailbox_element* element() noexcept {
    return reinterpret_cast<caf::mailbox_element*>(this);
  }
  [[nodiscard]] mail* next() noexcept {
    return from(static_cast<caf::mailbox_element*>(element()->next));
  }
  void next(mail* other) noexcept {
    element()->next = other == nullptr ? nullptr : other->element();
  }
};

/// The base of every actor of the runtime: a full CAF actor in 72 bytes (plus CAF's control block),
/// where CAF's own `event_based_actor` takes a kilobyte.
///
/// Who runs it: see dispatch.hpp. What holds in any case: one message at a time, in order of
/// arrival; whoever runs it holds a reference; nothing of the embedder's runs inside a function;
/// nothing is thrown; after it has become idle it is not touched any more.
class compact_actor : public caf::abstract_actor, public caf::resumable {
public:
  using caf::abstract_actor::enqueue;

  /// Takes any message from anybody. Any thread.
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* where) final;

  /// Takes one of the runtime's own messages; its owner is then this actor. Any thread.
  void post(internal_message* what, caf::execution_unit* where = nullptr) noexcept;
  /// The same for several, in their order, at the price of one.
  template <class Message>
  void post_all(const std::vector<Message*>& what) noexcept {
    if (what.empty()) return;
    mail* newest = nullptr;
    for (Message* const each : what) {
      mail* const m = mail::from(each);
      m->next(newest);
      newest = m;
    }
    push(newest, mail::from(what.front()), nullptr);
  }

  /// Runs at most `budget` messages, beginning with `backlog`. Gives back what is left over; `done`
  /// is set if the actor has become idle, after which it must not be touched without a reference.
  /// Only for dispatch.
  struct progress {
    mail* backlog = nullptr;
    bool idle = false;
    std::size_t handled = 0;
  };
  [[nodiscard]] progress run(mail* backlog, std::size_t budget) noexcept;

  /// The runtime this actor belongs to; null once it has stopped.
  [[nodiscard]] virtual core* owner() const noexcept = 0;

  /// True for function actors: any sender may run them at once. The other parts run the embedder's
  /// code or the store's and are only run by threads that have time for it.
  [[nodiscard]] virtual bool runs_on_sender() const noexcept { return false; }

  // -- caf::resumable -----------------------------------------------------------------------------
  /// CAF casts `scheduled_actor` to its own class when it shuts down; this is none.
  [[nodiscard]] subtype_t subtype() const final { return unspecified; }
  resume_result resume(caf::execution_unit* where, std::size_t budget) final;
  void intrusive_ptr_add_ref_impl() final;
  void intrusive_ptr_release_impl() final;

  // -- caf::abstract_actor: monitors and links, kept in a table of the pool's ---------------------
  void attach(caf::attachable_ptr what) override;
  std::size_t detach(const caf::attachable::token& what) override;
  void add_link(caf::abstract_actor* other) override;
  void remove_link(caf::abstract_actor* other) override;
  bool add_backlink(caf::abstract_actor* other) override;
  bool remove_backlink(caf::abstract_actor* other) override;

protected:
  explicit compact_actor(caf::actor_config& how) : caf::abstract_actor{how} {}

  /// Handles one of the runtime's own messages, and owns it from now on.
  virtual void handle(internal_message* what) noexcept = 0;
  /// Handles a message of somebody else's.
  virtual void handle(caf::mailbox_element_ptr what) noexcept;
  /// Called when everything that waited has been handled, before the actor tries to become idle.
  virtual void after_batch() noexcept {}
  /// Answers a request with an error; does nothing for other messages.
  static void bounce(caf::mailbox_element& what, caf::error why) noexcept;

private:
  void push(mail* newest, mail* oldest, caf::execution_unit* where) noexcept;
  void handle_element(mail* what) noexcept;
  [[nodiscard]] mail* bounce_excess(mail* batch) noexcept;

  mailbox<mail> mailbox_;
};

}  // namespace fsm::detail
