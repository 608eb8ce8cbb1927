#pragma once

#include "call.hpp"
#include "compact_actor.hpp"
#include "function_pool.hpp"
#include <fsm/actors.hpp>
#include <fsm/step.hpp>

#include <caf/actor_storage.hpp>
#include <caf/system_messages.hpp>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace fsm::detail {

struct journal_entry;

// Messages a function understands
// -------------------------------
// call                      something happens to it, or somebody asks (call.hpp)
// what <fsm/actors.hpp> lists, from CAF actors

/// A name in 24 bytes: up to 23 characters in place, longer ones behind a pointer.
class compact_name {
public:
  explicit compact_name(std::string_view text);
  compact_name(const compact_name&) = delete;
  compact_name& operator=(const compact_name&) = delete;
  ~compact_name();
  [[nodiscard]] std::string_view view() const noexcept {
    return {length() > in_place_max ? elsewhere() : bytes_, length()};
  }

private:
  static constexpr std::size_t in_place_max = 23;
  [[nodiscard]] std::size_t length() const noexcept {
    return static_cast<unsigned char>(bytes_[in_place_max]);
  }
  [[nodiscard]] char* elsewhere() const noexcept {
    char* pointer = nullptr;
    std::memcpy(&pointer, bytes_, sizeof pointer);
    return pointer;
  }

  // The characters, or a pointer to them; the length is in the last byte.
  char bytes_[in_place_max + 1];
};
static_assert(sizeof(compact_name) == 24);

/// One function. It owns its lifecycle record, and nothing else writes it: every change goes
/// through `happen`, which asks the table and hands the outcome to the journal. A thin shell of 152
/// bytes; documents, texts and history are the store's, monitors and running invocations of old
/// versions the pool's.
class function_actor final : public compact_actor {
public:
  function_actor(caf::actor_config& how, std::uint64_t uid, std::string_view name)
      : compact_actor{how}, uid_{uid}, name_{name} {}

  // -- any thread ---------------------------------------------------------------------------------
  [[nodiscard]] std::string_view name() const noexcept { return name_.view(); }
  [[nodiscard]] std::uint64_t uid() const noexcept { return uid_; }
  [[nodiscard]] admission_word& word() noexcept {
    return reinterpret_cast<slot_tail*>(this + 1)->word;
  }
  [[nodiscard]] slot_head& head() noexcept { return *(reinterpret_cast<slot_head*>(this) - 1); }
  [[nodiscard]] std::uint32_t slot() const noexcept {
    return function_pool::of(this).slot_of(this);
  }
  [[nodiscard]] core* owner() const noexcept override { return function_pool::of(this).owner(); }
  [[nodiscard]] bool runs_on_sender() const noexcept override { return true; }

  /// Starts the idle clock anew.
  void touch(timestamp now) noexcept {
    last_use_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  }
  [[nodiscard]] timestamp last_use() const noexcept {
    return timestamp{duration{last_use_.load(std::memory_order_relaxed)}};
  }
  /// True when everything this function has done is durable, so that answers may rest on it.
  [[nodiscard]] bool is_settled() const noexcept {
    return unsettled_.load(std::memory_order_acquire) == 0;
  }
  /// One of its transitions has become durable. Journal only.
  void settled_one() noexcept { unsettled_.fetch_sub(1, std::memory_order_release); }

  /// One try to admit an invocation: at most one compare-and-swap wins. Gives true and fills
  /// `into`, or false when the function does not admit just now (or has an undurable transition):
  /// then ask it by a message.
  struct admitted_to {
    std::uint32_t generation = 0;
    std::uint32_t version = 0;
    std::uint32_t held = 0;
  };
  [[nodiscard]] bool try_admit(admitted_to& into, timestamp now) noexcept;
  [[nodiscard]] std::uint8_t idle_policy() const noexcept { return idle_policy_; }

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
  void commit(core& o, call& c, const outcome& result) noexcept;
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
  [[nodiscard]] bool is_gone() noexcept { return word().load().gone(); }

  std::uint64_t uid_;
  lifecycle_record record_;
  // From the record's last two numbers to the admission word behind the name: all that an
  // invocation looks at.
  std::atomic<std::int64_t> last_use_{0};
  std::atomic<std::uint32_t> unsettled_{0};
  std::uint16_t tenant_ = 0;
  std::uint8_t idle_policy_ = 0;
  compact_name name_;
};
static_assert(sizeof(function_actor) == function_pool::actor_bytes);

/// Answers a request: to the next stage of a forwarding chain if there is one, else to the sender.
void reply(caf::mailbox_element& request, const caf::strong_actor_ptr& self,
           caf::message content) noexcept;

[[nodiscard]] caf::error to_caf_error(const error& why);
[[nodiscard]] function_status status_of(const snapshot& found);

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
    return reinterpret_cast<unsigned char*>(this) + sizeof(fsm::detail::slot_head);
  }

  actor_control_block ctrl;

private:
  static void destroy_data(abstract_actor* who);
  static void destroy_block(actor_control_block* control);
};

static_assert(sizeof(actor_storage<fsm::detail::function_actor>) == 56);

}  // namespace caf
