#pragma once

#include <fsm/simulation.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace fsm::simulated {

/// A transition as the store has kept it.
struct logged {
  std::uint64_t uid = 0;
  std::uint64_t epoch = 0;
  fsm::event event = fsm::event::create;
  fsm::cause cause = fsm::cause::request;
  pair from;
  pair to;
  std::uint32_t revision = 0;
  /// A caller has been told that this came of its call.
  bool is_claimed = false;
};

/// An invocation that has been admitted and not given back.
struct running {
  std::uint64_t epoch = 0;  // The owner that admitted it.
  attempt_token resource;
  timestamp at{};
};

/// What may be relied on, written down without the runtime's code: what the store has kept, what
/// was told, what the provider was asked for. Everything is checked as it comes; the first thing
/// that does not hold goes to `fail`.
class model {
public:
  using failure = std::function<void(std::string)>;

  model(const simulated_clock& clock, failure fail) : clock_{clock}, fail_{std::move(fail)} {}
  model(const model&) = delete;
  model& operator=(const model&) = delete;

  /// The options of all owners from now on.
  void follow(const options& how);

  // -- told by the store ------------------------------------------------------------------------
  void on_opened(const store::opened& what);
  void on_kept(const commit_batch& batch);

  // -- told by an owner -------------------------------------------------------------------------
  /// Its observer has seen `t`; `delivered` is the last one it saw before.
  void on_event(std::uint64_t epoch, std::uint64_t delivered, const transition& t);
  /// A try to make resources begins; the call comes when its document has been read.
  void on_try(const provision_request& what);
  void owner_ended(std::uint64_t epoch);

  // -- told by the provider's network -----------------------------------------------------------
  void on_call(const provider_call& what);
  void on_answer(const provider_call& what, bool succeeded);

  // -- told by callers --------------------------------------------------------------------------
  std::uint64_t admitted(std::uint64_t epoch, const attempt_token& resource);
  void completed(std::uint64_t id);
  /// A call may have started its idle clock anew.
  void may_have_used(std::uint64_t uid);
  [[nodiscard]] bool has_running(std::uint64_t uid) const;
  [[nodiscard]] bool is_running(std::uint64_t id) const { return running_.contains(id); }

  // -- what it knows ----------------------------------------------------------------------------
  [[nodiscard]] const std::map<std::uint64_t, simulated_function>& functions() const noexcept {
    return functions_;
  }
  /// The one that has this name now; null if there is none.
  [[nodiscard]] const simulated_function* find(const std::string& name) const;
  [[nodiscard]] const simulated_function* find(std::uint64_t uid) const;
  [[nodiscard]] std::vector<logged>& log() noexcept { return log_; }
  [[nodiscard]] const std::vector<logged>& log() const noexcept { return log_; }
  /// What functions own, in order.
  [[nodiscard]] std::vector<attempt_token> owned() const;
  [[nodiscard]] const std::set<attempt_token>& owed() const noexcept { return owed_; }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }
  [[nodiscard]] std::uint64_t living() const noexcept { return names_.size(); }
  [[nodiscard]] const std::array<std::uint64_t, 2>& rows() const noexcept { return rows_; }
  /// A caller was refused, or answered without a transition: the row that says so applied.
  void count_row(const lifecycle_record& before, fsm::event what);

private:
  struct provider_calls {
    provider_call latest;
    timestamp at{};        // When its try began.
    timestamp first_at{};  // And the first one of the attempt.
    bool is_answered = true;
    bool has_succeeded = false;  // One of its tries: that answer may still be on its way.
  };
  struct attempt_tries {
    attempt_token token;
    timestamp first_at{};
    timestamp at{};
  };

  void check_change(const change& c, const simulated_function* known);
  void keep(const change& c);
  void keep_idle_clock(const change& c, simulated_function& f);
  void on_note(const note& n);
  void owe(const attempt_token& token) {
    owed_.insert(token);
    remembered_.insert(token);
  }
  void check_release(const provider_call& what);
  void check_provision(const provider_call& what, const provider_calls& before);
  void expect(bool holds, const char* what, std::uint64_t uid, std::uint64_t number);

  const simulated_clock& clock_;
  failure fail_;
  options how_;
  std::uint64_t epoch_ = 0;
  std::vector<logged> log_;  // Sequence n at n - 1.
  std::map<std::uint64_t, simulated_function> functions_;
  std::map<std::uint64_t, timestamp> stored_use_;  // The idle clock as the store has it.
  std::map<std::string, std::uint64_t, std::less<>> names_;
  std::set<attempt_token> owed_;        // Releases the store knows of that are not confirmed.
  std::set<attempt_token> remembered_;  // The same, and those that were confirmed.
  std::set<attempt_token> tried_;       // The provider has been asked for it.
  std::set<attempt_token> made_;        // And has said that it has made it.
  std::map<std::pair<std::uint64_t, std::uint64_t>, provider_calls> calls_;  // By epoch and uid.
  std::map<std::pair<std::uint64_t, std::uint64_t>, attempt_tries> tries_;   // The same.
  std::map<std::uint64_t, running> running_;
  std::uint64_t last_running_ = 0;
  std::array<std::uint64_t, 2> rows_{};
};

}  // namespace fsm::simulated
