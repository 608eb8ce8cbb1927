#pragma once

#include "simulation/model.hpp"
#include "simulation/trace.hpp"
#include <fsm/simulation.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace fsm::simulated {

struct owner;

/// The calls that callers have made to owners, and what the answers are held against.
class calls {
public:
  calls(model& known, trace& told, const simulated_clock& clock, model::failure fail)
      : model_{known}, trace_{told}, clock_{clock}, fail_{std::move(fail)} {}
  calls(const calls&) = delete;
  calls& operator=(const calls&) = delete;

  /// Notes a call about to be made, and gives what takes its answer.
  [[nodiscard]] runtime::view_callback open(owner& to, event what, const std::string& name);
  /// The same for a wait.
  [[nodiscard]] runtime::view_callback open_wait(owner& to, const condition& what, duration timeout,
                                                 const std::string& name);
  /// The call that was opened last can be cancelled so.
  void keep(subscription what);
  /// Cancels one of the waits.
  void cancel_one(chance& luck);
  /// The call opened last has been answered, with this code.
  [[nodiscard]] errc last_answer() const noexcept { return last_code_; }
  [[nodiscard]] bool last_is_answered() const noexcept { return !open_.contains(last_); }

  /// What becomes of the calls of an owner that has ended is not known.
  void owner_ended(std::uint64_t epoch);
  [[nodiscard]] std::uint64_t made() const noexcept { return last_; }
  /// Calls of `to` that are not answered.
  [[nodiscard]] std::size_t unanswered() const noexcept { return open_.size(); }
  /// Calls of this owner's that have no answer yet, without waits.
  [[nodiscard]] std::size_t under_way(const owner& of) const;
  /// One of them, in words.
  [[nodiscard]] std::string first_unanswered() const;
  /// Every transition that a caller asked for has been told to one, or may have been.
  void check_claims();

private:
  struct call {
    owner* to = nullptr;
    fsm::event event = fsm::event::read;
    std::string name;
    std::uint64_t uid = 0;       // Of the function that had the name then.
    std::uint64_t sequence = 0;  // Kept by the store by then.
    std::uint32_t revision = 0;
    bool is_wait = false;
    condition what;
    timestamp deadline{};
    subscription cancel;
  };

  [[nodiscard]] std::uint64_t add(owner& to, event what, const std::string& name);
  [[nodiscard]] runtime::view_callback answer_to(std::uint64_t id);
  void answered(std::uint64_t id, const expected<function_view>& what);
  void check_success(const call& c, const function_view& view);
  void check_claim(const call& c, const function_view& view);
  void check_refusal(const call& c, const error& why);
  void check_wait(const call& c, const expected<function_view>& what);
  [[nodiscard]] bool has_lived_since(const call& c, bool wanted) const;
  void expect(bool holds, const char* what, const call& c, std::uint64_t number);

  model& model_;
  trace& trace_;
  const simulated_clock& clock_;
  model::failure fail_;
  std::map<std::uint64_t, call> open_;
  std::set<std::uint64_t> ended_;  // Owners.
  std::uint64_t last_ = 0;
  errc last_code_ = errc::none;
  /// Calls whose outcome is not known: that many transitions may have no claim.
  std::map<std::pair<std::string, event>, std::uint64_t> unknown_;
};

}  // namespace fsm::simulated
