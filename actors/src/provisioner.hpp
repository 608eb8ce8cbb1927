#pragma once

#include "alarm.hpp"
#include "compact_actor.hpp"
#include "function_actor.hpp"
#include "recovered_work.hpp"
#include "tenant_turns.hpp"
#include <fsm/explanation.hpp>
#include <fsm/provider.hpp>
#include <fsm/store.hpp>

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace fsm::detail {

// Messages the provisioner understands
// ------------------------------------

/// Make the resources of an attempt, and tell the function how it went.
struct start_attempt final : internal_message {
  provision_request request;
  caf::strong_actor_ptr who;
  std::uint32_t document_version = 0;
  /// Somebody waits for it: it goes before those nobody waits for.
  bool preferred = false;
};

/// Release what an attempt made; if it is still under way, it is given up first.
struct release_attempt final : internal_message {
  attempt_token token;
};

/// What was owed to the provider when the last owner ended: it is worked off beside everything
/// else, some at a time.
struct resume_work final : internal_message {
  recovered_work work;
};

/// Somebody waits for this function: its attempt goes before those nobody waits for.
struct prefer_attempt final : internal_message {
  std::uint64_t uid = 0;
};

/// Somebody wants to know how far the attempt of a function has got. Changes nothing.
struct attempt_question {
  std::uint64_t uid = 0;
  std::optional<attempt_status> answer;
  parking here;
};
struct attempt_asked final : internal_message {
  attempt_question* question = nullptr;  // On the stack of the thread that waits.
};

/// INTERNAL: the provider has answered a try, or could not be called for it.
struct try_answered final : internal_message {
  attempt_token token;
  bool for_release = false;
  std::uint64_t order = 0;
  std::uint32_t try_number = 0;
  completion::result result = completion::result::succeeded;
  reason_code reason = reason_code::none;
  std::string text;
};

/// INTERNAL: the store has read the document of a try.
struct document_read final : internal_message {
  attempt_token token;
  std::uint32_t try_number = 0;
  std::optional<completion> done;  // Always there.
  expected<std::string> document;
};

/// INTERNAL: a deadline or the end of a pause may have come.
struct provisioner_tick final : internal_message {};

/// Owns every attempt to make or release resources.
///
/// * Bounded: at most `in_flight_max` attempts at once, and of each tenant its share of them; the
///   rest waits, taken from the tenants in turn, those that somebody waits for first. Callers are
///   refused before the queue is full (core::room_for_provisioning).
/// * Calls for one function are one after the other: what it owes the provider is a list, worked
///   from the front.
/// * A try that is not answered in time, throws or is transient is made again, with backoff and
///   jitter, within `attempts_max` tries and the `provision_deadline`; then the attempt has failed
///   with InternalError. A try that is over when its document has been read calls nothing.
/// * An attempt that has to wait longer than that for a release before it fails, too; a release
/// holds no place while it
///   pauses, so that one that is never confirmed keeps nobody else waiting.
/// * Answers carry token and try; one that nobody waits for any more is dropped, and what it may
/// have made is released.
/// * A provider that answers inside the call is done with at once: no list, no timer, no message.
/// * Before a failure is told, the release of what was tried has been asked for. A release is asked
/// for until confirmed.
class provisioner final : public compact_actor {
public:
  provisioner(caf::actor_config& how, core& o);

  [[nodiscard]] core* owner() const noexcept override { return &core_; }
  /// Any thread.
  void release(attempt_token token) noexcept;
  void close() { alarm_.close(); }

private:
  /// One thing owed to the provider for one function.
  struct job {
    provision_request request;
    caf::strong_actor_ptr who;  // Null for releases.
    std::uint32_t document_version = 0;
    tenant_index tenant = 0;  // Of attempts.
    bool preferred = false;
    bool is_release = false;
    bool given_up = false;  // A release has been asked for meanwhile: its answer does not count.
    bool is_recovered = false;  // An earlier owner may have tried it.
    std::uint64_t order = 0;    // Tells releases of the same token apart; 0 = not tried yet.
    timestamp ordered_at{};
  };
  enum class phase : std::uint8_t { queued, calling, pausing };
  using timers = std::multimap<timestamp, std::uint64_t>;
  /// What is owed for one function, in order, and what is being done about the first of it.
  struct lane {
    std::vector<job> jobs;
    provisioner::phase phase = phase::queued;
    std::uint32_t tries = 0;       // Of the first job.
    std::uint32_t unanswered = 0;  // Of these.
    timestamp give_up_at{};
    bool in_queue = false;
    bool has_place = false;  // Among those in flight.
    bool has_timer = false;
    timers::iterator timer;  // End of the try or of the pause.
  };
  using lanes = absl::flat_hash_map<std::uint64_t, std::unique_ptr<lane>>;
  /// What became of an attempt some of whose tries are still unanswered.
  struct fate {
    bool kept = false;
    std::uint32_t unanswered = 0;
    timestamp forget_at{};
  };

  void handle(internal_message* what) noexcept override;
  void after_batch() noexcept override;
  void on_start(start_attempt& what);
  void on_release(attempt_token token);
  void on_prefer(std::uint64_t uid);
  [[nodiscard]] std::optional<attempt_status> find_attempt(std::uint64_t uid) const;
  void note_release(note_kind what, const attempt_token& token) noexcept;
  [[nodiscard]] static bool is_about(const job& j, const try_answered& what);
  void on_answer(try_answered& what);
  void on_document(document_read& what);
  void on_late_answer(const try_answered& what);
  void on_tick();

  /// Makes the call at once if nobody is before it. True if it has been answered with success, and
  /// there is nothing left to do; otherwise it is in its lane now, as far as it has got.
  [[nodiscard]] bool try_at_once(job& what);
  void owe(job what);
  /// Goes on with what an earlier owner owed, for as many functions as there is room for.
  void resume_some();
  /// The same for a few more, when those that there was room for left places free.
  void resume_others();
  /// The same for one function, before anything else is done for it.
  void resume(std::uint64_t uid, bool preferred);
  void resume(std::vector<recovered_job> jobs, bool preferred);
  void begin_first(std::uint64_t uid, lane& l);
  void fill_places();
  void begin_releases();
  void begin_attempts();
  [[nodiscard]] lane* next_in_turn(std::uint64_t& uid);
  void begin_try(std::uint64_t uid, lane& l);
  void begin_calling(std::uint64_t uid, lane& l);
  /// The answer, if it was given inside the call.
  [[nodiscard]] std::unique_ptr<try_answered> call_provider(const job& j);
  void call_provider(const job& j, completion done);
  void provision(const job& j, document_read& what);
  void try_failed(std::uint64_t uid, lane& l, std::string text);
  void finish_attempt(std::uint64_t uid, lane& l, bool succeeded, reason_code reason,
                      std::string text);
  void remember_fate(const lane& l, bool kept);
  /// An attempt has ended that began to be tried `at`, if somebody watches.
  void tell_observers(const job& j, bool succeeded, reason_code reason, std::uint32_t tries,
                      timestamp at);
  void tell_function(job& j, bool succeeded, reason_code reason, std::string text);
  void drop_first(std::uint64_t uid, lane& l);
  void take_place(lane& l);
  void give_place_back(lane& l);
  void fail_blocked(timestamp now);
  void set_timer(std::uint64_t uid, lane& l, timestamp when);
  void clear_timer(lane& l);
  void log_lost(const lane& l);
  [[nodiscard]] duration pause_after(const lane& l);

  core& core_;
  const provisioner_options& options_;
  lanes lanes_;
  tenant_turns turns_;
  std::deque<std::uint64_t> releases_;
  recovered_work recovered_;
  std::size_t releases_in_flight_ = 0;
  timers timers_;
  std::uint64_t orders_ = 0;
  std::multimap<timestamp, attempt_token>
      blocked_;  // Until when they may wait for what is before them in their lane.
  std::map<attempt_token, fate> fates_;
  std::mt19937_64 random_;
  alarm alarm_;
};

}  // namespace fsm::detail
