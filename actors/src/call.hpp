#pragma once

#include "message.hpp"
#include <fsm/condition.hpp>
#include <fsm/options.hpp>
#include <fsm/runtime.hpp>
#include <fsm/step.hpp>

#include <caf/actor_control_block.hpp>
#include <caf/error.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace fsm::detail {

/// What a document may have.
inline constexpr std::size_t document_bytes_max = std::size_t{256} << 20U;

/// What a function says about itself when it answers: enough to make a view once the document has
/// been read.
struct snapshot {
  std::uint64_t uid = 0;
  lifecycle_record record;
  std::uint16_t tenant = 0;
};

/// A message to a function: something happens to it, or somebody asks about it.
///
/// A call that wants an answer gets it through `answered`, exactly once, and only when everything
/// the answer rests on is durable. Where that happens is up to the kind of call.
struct call : internal_message {
  happening what;
  fsm::cause why = fsm::cause::request;
  /// For create and update: the new document. Moved out when the event is accepted.
  std::string document;
  /// For calls that bring metadata (`happening::brings_metadata`). Moved out when it is taken.
  std::string metadata;
  /// For failures: the provider's text.
  std::string text;
  /// For create: what the record keeps.
  std::uint16_t tenant = 0;
  std::uint8_t idle_policy = 0;
  /// For removals by an exit message: its reason, for the function's monitors.
  caf::error exit_reason;
  /// For waiters: when set, nothing happens; the delivery stage arms or answers it.
  std::optional<condition> wait_for;

  // The answer.
  fsm::answer answer = fsm::answer::accepted;
  snapshot found;
  std::uint64_t sequence = 0;
  error failure;  // Set instead of `answer` when the runtime itself failed (the store, a stop).

  /// Gives the answer. The call belongs to this function from now on (it may delete itself). A kind
  /// that runs code of the embedder's is only called by the delivery stage.
  virtual void answered() noexcept = 0;
  /// True if `answered` may be called from inside a function's run: it runs nobody's code.
  [[nodiscard]] virtual bool answers_anywhere() const noexcept { return true; }
};

/// A message nobody waits for.
struct tell final : call {
  void answered() noexcept override { delete this; }
};

/// Where a thread waits for an answer to something on its own stack.
class parking {
public:
  /// The answer is there. The parked thread may leave as soon as this has returned, or before.
  void signal() noexcept;
  /// Blocks until `signal`. Only for the owner.
  void wait() noexcept { static_cast<void>(wait_for(std::nullopt)); }
  /// The same, at most for `span` of real time; false if it did not come. May be repeated until it
  /// has.
  [[nodiscard]] bool wait_for(std::optional<duration> span) noexcept;
  [[nodiscard]] bool done() const noexcept {
    return state_.load(std::memory_order_acquire) == state::done;
  }

private:
  enum class state : std::uint8_t { pending, sleeping, done };
  std::atomic<state> state_{state::pending};
  // Only touched when the owner went to sleep. The lock keeps it from leaving before the waker is
  // through.
  std::mutex mutex_;
  std::condition_variable wake_;
  bool signalled_ = false;
  bool slept_ = false;
};

/// A call of a thread that waits for it, on that thread's stack. `Base` is `call` or something made
/// of it.
template <class Base>
struct parked final : Base {
  parking here;
  void answered() noexcept override { here.signal(); }
};
using sync_call = parked<call>;

/// A request of another actor's.
struct caf_call final : call {
  caf_call(caf::mailbox_element_ptr request, caf::strong_actor_ptr self)
      : request_{std::move(request)}, self_{std::move(self)} {}
  void answered() noexcept override;

private:
  caf::mailbox_element_ptr request_;
  caf::strong_actor_ptr self_;
};

/// The error an answer means to the caller of `what`, for the function `found`; `errc::none` if it
/// means none.
[[nodiscard]] error refusal(answer a, event what, std::string_view name,
                            const lifecycle_record& found);

}  // namespace fsm::detail
