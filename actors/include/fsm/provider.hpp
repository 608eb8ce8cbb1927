#pragma once

#include <fsm/expected.hpp>
#include <fsm/reason.hpp>
#include <fsm/time.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace fsm {

/// Names one attempt to make resources, for ever: stable over retries and restarts, never reused.
struct attempt_token {
  /// The function's unique id. A function that is deleted and created again has another one.
  std::uint64_t uid = 0;
  /// Counted up per function.
  std::uint32_t number = 0;

  friend bool operator==(const attempt_token&, const attempt_token&) = default;
  friend auto operator<=>(const attempt_token&, const attempt_token&) = default;
};

/// What an attempt is for.
enum class attempt_kind : std::uint8_t {
  create,   ///< The resources of a new function.
  update,   ///< The resources of a new version, beside those of the current one.
  restore,  ///< The resources of an Inactive function, again.
};

/// One request to a `resource_provider`.
struct provision_request {
  attempt_token token;
  attempt_kind kind = attempt_kind::create;
  /// 1 for the first try of this attempt; each retry adds one. The token stays the same.
  std::uint32_t try_number = 1;
  /// The owner's epoch: a provider that has seen a higher one may refuse (a paused owner woke up
  /// too late).
  std::uint64_t epoch = 0;
  std::string name;
  std::string tenant;
  /// The document of the version the resources are for, as given to `create` or `update`.
  std::string document;
};

/// How a provider answers. Copyable, and callable from any thread at any time, even after the
/// runtime has stopped. The first answer counts; later ones are ignored. An answer that never comes
/// meets the attempt's deadline.
class completion {
public:
  enum class result : std::uint8_t { succeeded, failed, transient };
  using sink = std::function<void(result, reason_code, std::string)>;

  explicit completion(sink where);
  /// For the runtime: a way to answer that takes no function object.
  struct state;
  explicit completion(std::shared_ptr<state> shared) noexcept;

  /// The resources are there (or, for a release, gone).
  void succeeded() const;
  /// They cannot be made, for this reason. Final: the attempt is not retried. `text` is shown to
  /// users. A code that is no failure (`none`, Idle, Creating, Restoring) counts as
  /// `internal_error`.
  void failed(reason_code why, std::string text = {}) const;
  /// This try failed; a later one may work. Retried with backoff until the attempt's limits are
  /// reached.
  void transient(std::string text = {}) const;

private:
  std::shared_ptr<state> state_;
};

/// The embedder's side: makes and releases whatever a function needs to run (network interfaces,
/// containers, micro-VMs). Calls for one function come one after the other: the next one when the
/// one before has been answered, when its time is over (it then counts as lost, and may still be
/// under way), or when an earlier try of it has succeeded. Calls for different functions may come
/// from several threads at once. A call must return quickly; the work goes on elsewhere and ends in
/// the completion. An exception that leaves a call counts as a transient failure.
class resource_provider {
public:
  virtual ~resource_provider() = default;

  /// Makes the resources of one attempt. The same token may be asked for again (a lost answer, a
  /// restart): answer with what was already made for it. Called on a thread of the runtime's, or on
  /// one that waits in a synchronous call; must not make synchronous calls to the runtime (they are
  /// refused with `would_deadlock`).
  virtual void provision(const provision_request& request, completion done) = 0;

  /// Releases whatever was made for `token`. Must be idempotent: unknown and already released
  /// tokens succeed. Asked again with backoff until it succeeds.
  virtual void release(const attempt_token& token, completion done) = 0;

  /// What the runtime calls for a release: the same with the owner's epoch, so that a provider that
  /// has seen a higher one can refuse. An owner that was paused while another one took over its
  /// store does not know of that yet, and may ask for what is the other one's. By default the epoch
  /// is not looked at.
  virtual void release_for(const attempt_token& token, std::uint64_t epoch, completion done);

  /// False for a provider that does not look at documents: they are then not read from the store
  /// for it, and `provision_request::document` is empty. Asked before every attempt.
  [[nodiscard]] virtual bool wants_documents() const noexcept { return true; }

  /// True for a provider that forgets what it made when the process ends (because it only simulates
  /// it, or keeps it in this process): then `recovered` is called.
  [[nodiscard]] virtual bool wants_recovered() const { return false; }

  /// A function that was brought back holds the resources of `held.token`, made for this document.
  /// Called once per function at start, before anything else is asked for.
  virtual void recovered(const provision_request& /*held*/) {}

  /// What an audit is told: tokens above `after`, in order, whose resources are held. At most
  /// `limit`; fewer mean that there are no more.
  using held_tokens = std::function<void(expected<std::vector<attempt_token>>)>;

  /// Lists what is held, for the audit. Called on a thread of the runtime's; answer from any
  /// thread. The default cannot say, so that there is no audit.
  virtual void held(attempt_token after, std::size_t limit, held_tokens done);
};

/// A provider that has everything at once and in any amount. The default; for benchmarks and first
/// steps.
[[nodiscard]] std::shared_ptr<resource_provider> make_instant_provider();

}  // namespace fsm
