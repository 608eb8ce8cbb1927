#pragma once

#include <fsm/admission.hpp>
#include <fsm/condition.hpp>
#include <fsm/expected.hpp>
#include <fsm/explanation.hpp>
#include <fsm/options.hpp>
#include <fsm/statistics.hpp>
#include <fsm/view.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// START HERE. One `fsm::runtime` owns any number of functions and their lifecycles. Link
/// `libfsm::actors`, include this header, and give the runtime a `resource_provider`
/// (<fsm/provider.hpp>). CAF users: see <fsm/actors.hpp>.

namespace fsm {

namespace detail {
struct core;
}  // namespace detail

/// Whatever else hangs on a function: tags, aliases, permissions, limits. Opaque bytes, at most 256
/// MiB, kept beside the documents and gone with the function. It is not versioned: an update leaves
/// it alone, also one that fails. Who writes it writes all of it; several writers agree by
/// themselves who is next.
using metadata_option = std::optional<std::string>;

/// What `create` needs.
struct create_request {
  /// 1 to 64 letters, digits, '-' and '_'; for a published version ':' and its number follow.
  std::string name{};
  /// Whatever describes the function to the embedder and its provider: opaque bytes, at most 256
  /// MiB.
  std::string document{};
  /// Attempts are queued fairly between tenants. At most 65,535 different ones.
  std::string tenant{};
  /// This function's own idle time instead of `options::idle_after`. At most 255 different ones per
  /// runtime.
  std::optional<duration> idle_after{};
  metadata_option metadata{};
};

/// What `update` needs.
struct update_request {
  std::string name{};
  std::string document{};
  /// When not 0: refused with `revision_mismatch` unless it is the function's current revision.
  std::uint32_t expected_revision = 0;
  /// Only say whether the update would be accepted.
  bool dry_run = false;
  metadata_option metadata{};
};

/// What `change` needs.
struct change_request {
  std::string name{};
  /// What the caller is about to do; the lifecycle says when it is accepted and whether it renews
  /// the RevisionId. One of `tag`, `configure`, `permit`, `publish`, `republish`, `alias_target`.
  fsm::event event = event::configure;
  /// Not with `republish` and `alias_target`, which change nothing.
  metadata_option metadata{};
  /// When not 0: refused with `revision_mismatch` unless it is the function's current revision.
  std::uint32_t expected_revision = 0;
};

/// What `list` gives back, and from where.
struct list_request {
  /// Only functions in these situations; empty = all.
  pair_set pairs{};
  std::string prefix{};
  /// Only functions with this code as the reason of their State or of their LastUpdateStatus; none
  /// = all.
  std::optional<reason_code> reason{};
  /// Give of each function all that `get` gives, but for document and metadata. Then the call may
  /// have to wait for the store.
  bool with_details = false;
  /// 1 to 10,000.
  std::size_t limit = 100;
  /// Where the last page ended (`list_page::cursor`); 0 = at the start.
  std::uint64_t cursor = 0;
};

/// One page, in the order of creation (the place of a deleted function may be taken by a newer
/// one). Functions that exist during the whole walk are listed exactly once.
struct list_page {
  std::vector<function_view> functions;
  /// Where to go on; 0 = this was the last page. A page may be shorter than its limit and still
  /// have a cursor.
  std::uint64_t cursor = 0;
};

/// How many functions are in which situation; index = position in `legal_pairs`.
using population = std::array<std::uint64_t, legal_pairs.size()>;

/// Takes back a subscription (a waiter, an observer) when it is called or destroyed.
class [[nodiscard]] subscription {
public:
  subscription() = default;
  explicit subscription(std::function<void()> undo) : undo_{std::move(undo)} {}
  subscription(subscription&& other) noexcept : undo_{std::exchange(other.undo_, nullptr)} {}
  subscription& operator=(subscription&& other) noexcept;
  ~subscription() { cancel(); }
  /// Takes it back now. Later calls do nothing.
  void cancel();
  /// Lets go without taking it back.
  void detach() noexcept { undo_ = nullptr; }

private:
  std::function<void()> undo_;
};

/// The runtime. All calls are thread-safe. Every synchronous call has a form with a callback, which
/// is called exactly once, on a thread of the runtime's or on one that waits in a synchronous call.
///
/// Errors every call may give: `too_many_requests` (a bounded queue is full), `stopped`,
/// `outcome_unknown` (the store failed), and for synchronous ones `would_deadlock` (made from
/// inside a callback, an observer or a provider). A refused call changes nothing, but where the
/// lifecycle says otherwise (docs/lifecycle.md: T08, T27, T54).
class runtime {
public:
  using view_callback = std::function<void(expected<function_view>)>;

  /// Starts a runtime. Throws `std::invalid_argument` when an option breaks its rule (the message
  /// names the field), `std::runtime_error` when the store cannot be opened.
  explicit runtime(options how = {});
  /// The same without exceptions.
  [[nodiscard]] static expected<runtime> start(options how = {});

  runtime(runtime&&) noexcept;
  runtime& operator=(runtime&&) noexcept;
  /// Calls `stop`. Must not happen inside a callback, an observer or a provider.
  ~runtime();

  /// Creates a function: it is Pending, and its resources are being made. `already_exists`,
  /// `invalid_argument`.
  [[nodiscard]] expected<function_view> create(create_request what);
  void create(create_request what, view_callback done);

  /// The function as it is now, with its document and its metadata. `not_found`.
  [[nodiscard]] expected<function_view> get(std::string_view name);
  void get(std::string_view name, view_callback done);
  /// As `get`, but when nothing has to be waited for, the callback is called inside this call, on
  /// the calling thread. Never waits, neither for a change under way nor for a disk.
  void look(std::string_view name, view_callback done);

  /// Starts an update: LastUpdateStatus is InProgress, invocations go on with the previous version
  /// until it succeeds. `not_found`, `state_conflict`, `update_in_progress`, `revision_mismatch`.
  [[nodiscard]] expected<function_view> update(update_request what);
  void update(update_request what, view_callback done);

  /// Reads the document, lets `merge` make the new one, and starts the update if nothing has
  /// changed meanwhile; otherwise once more from the start, 16 times at most, and then
  /// `too_many_requests`. `merge` may be called several times, on the calling thread; its error
  /// ends the call.
  using merge_function = std::function<expected<std::string>(const function_view& current)>;
  [[nodiscard]] expected<function_view> update(std::string_view name, const merge_function& merge,
                                               std::uint32_t expected_revision = 0);

  /// Changes what hangs on a function, or only asks whether that would be accepted now.
  /// `not_found`, `state_conflict`, `update_in_progress`, `revision_mismatch`, `invalid_argument`.
  [[nodiscard]] expected<function_view> change(change_request what);
  void change(change_request what, view_callback done);

  /// All metadata there is of functions with a uid above `after`, in order of uid, at most `limit`
  /// (1 to 10,000).
  [[nodiscard]] expected<std::vector<stored_metadata>> metadata(std::uint64_t after,
                                                                std::size_t limit);

  /// Deletes a function, in any state. Its name is free at once; running invocations end on what
  /// they have. `not_found`, `revision_mismatch`. Gives the function as it was last.
  [[nodiscard]] expected<function_view> remove(std::string_view name,
                                               std::uint32_t expected_revision = 0);
  void remove(std::string_view name, std::uint32_t expected_revision, view_callback done);

  /// Asks for the right to run one invocation now. One compare-and-swap when it is granted: no
  /// lock, no allocation, no message. `not_found`, `function_pending`, `function_initializing` (an
  /// Inactive function: the restore has been started), `function_failed`.
  [[nodiscard]] expected<admission> admit(std::string_view name);

  /// Whether `admit` would answer at once, without asking the function (which may wait for the
  /// store): a hint for threads that must not wait.
  [[nodiscard]] bool admits(std::string_view name) const noexcept;

  /// Asks whether an invocation that waits in a queue may be accepted now. An Inactive function is
  /// accepted, and its restore has been started; the right to run is asked for by `admit` when it
  /// is the invocation's turn. `not_found`, `function_pending`, `function_failed`.
  [[nodiscard]] expected<function_view> admit_async(std::string_view name);
  void admit_async(std::string_view name, view_callback done);

  /// The document of the version that was admitted, which need not be the one that `get` shows.
  /// "" with a store that keeps none. `not_found`: an update has replaced it meanwhile.
  void document(const admission& of, std::function<void(expected<std::string>)> done);

  /// Asks for many at once: `answers[i]` becomes what `admit(names[i])` would give, in this order.
  /// Much faster than one after the other when the functions are not in the processor's caches, as
  /// their memory is fetched at the same time. Whatever an answer held before is given back. Both
  /// must have the same size; 32 to 256 names per call are a good number.
  void admit_batch(std::span<const std::string_view> names, std::span<expected<admission>> answers);

  /// Waits until `what` holds, at most for `timeout` of the runtime's clock. An event, not a poll.
  /// `timed_out`, `unreachable` (it can no longer hold; `error::state` says why), `not_found`.
  expected<function_view> wait(std::string_view name, const condition& what, duration timeout);
  /// The same without blocking. Cancelling the subscription gives `cancelled`.
  subscription wait(std::string_view name, const condition& what, duration timeout,
                    view_callback done);

  /// One page of functions (without documents). Reads no more than a bounded number of entries.
  [[nodiscard]] expected<list_page> list(const list_request& what = {});

  /// Names that start with `prefix` and come after `after`, in byte order; at most `limit` (1 to
  /// 10,000).
  [[nodiscard]] expected<std::vector<std::string>> names(std::string_view prefix,
                                                         std::string_view after, std::size_t limit);

  /// The last transitions of a function, oldest first. `not_found`.
  [[nodiscard]] expected<std::vector<transition>> history(std::string_view name);

  /// Why the function is in its state, and what would move it. `not_found`.
  [[nodiscard]] expected<explanation> explain(std::string_view name);

  /// Transitions of all functions with a sequence above `after`, in order, at most `limit` (1 to
  /// 10,000): the stream of events, from wherever a reader was when it left. An empty page means
  /// that there is nothing newer yet (an observer hears when there is). `event_page::oldest` says
  /// whether something in between is no longer kept.
  [[nodiscard]] expected<event_page> events(std::uint64_t after, std::size_t limit = 1000);

  /// Makes a copy of the store that can be opened like it, while everything goes on, and gives its
  /// name. `invalid_argument` if the store cannot.
  [[nodiscard]] expected<std::string> checkpoint();
  void checkpoint(std::function<void(expected<std::string>)> done);

  /// An error once the store has failed: then nothing more is written, and only functions untouched
  /// by what failed are still answered for.
  [[nodiscard]] expected<void> health() const;

  /// Adds an observer until the subscription ends.
  subscription watch(std::shared_ptr<observer> who);

  /// Functions by situation.
  [[nodiscard]] population count() const noexcept;
  /// Functions with this code as the reason of their State or of their LastUpdateStatus.
  [[nodiscard]] std::uint64_t count(reason_code why) const noexcept;
  /// What the runtime has done, and has to do.
  [[nodiscard]] fsm::statistics statistics() const noexcept;
  /// Functions in total.
  [[nodiscard]] std::uint64_t size() const noexcept;

  /// The clock given in the options.
  [[nodiscard]] fsm::clock& clock() const noexcept;

  /// Waits until nothing is on its way inside the runtime (answers of providers that work elsewhere
  /// excepted). Only with a manual clock; otherwise it returns at once.
  void settle();

  /// Ends the runtime, in order: refuses new calls, lets what is acknowledged become durable,
  /// answers every waiter with `stopped`, stops the actors. Safe to call twice. Waits at most
  /// `patience` for the store. From inside a callback, an observer or a provider it only refuses
  /// new calls; the rest is left to the next call from outside.
  void stop(duration patience = std::chrono::seconds{4});

  /// For <fsm/actors.hpp>.
  [[nodiscard]] detail::core& internals() const noexcept { return *core_; }

private:
  friend struct detail::core;
  explicit runtime(std::shared_ptr<detail::core> core) noexcept;

  /// The function of that name (and its hash), if it admits just now; else null. The caller is
  /// pinned.
  [[nodiscard]] static detail::hot_line* admit_at_once(detail::core& o, std::string_view name,
                                                       std::uint64_t hash,
                                                       detail::admission_grant& to) noexcept;
  [[nodiscard]] expected<admission> admit_by_asking(std::string_view name);
  void admit_group(std::span<const std::string_view> names, std::span<expected<admission>> answers);

  std::shared_ptr<detail::core> core_;
};

}  // namespace fsm
