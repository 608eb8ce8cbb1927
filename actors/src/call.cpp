#include "call.hpp"

#include "core.hpp"
#include "function_actor.hpp"

#include <fmt/format.h>

namespace fsm::detail {

namespace {

/// Some two microseconds.
constexpr int spins_max = 64;

/// Tells the processor that this thread only waits.
void pause() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

void parking::signal() noexcept {
  if (state_.exchange(state::done, std::memory_order_acq_rel) != state::sleeping) return;
  const std::lock_guard lock{mutex_};
  signalled_ = true;
  wake_.notify_one();
}

bool parking::wait_for(std::optional<duration> span) noexcept {
  // Most answers are a few microseconds away, much less than falling asleep and waking up takes.
  for (int i = 0; i < spins_max && !done(); ++i) pause();
  if (span == duration{0} && !slept_) return done();
  state expected = state::pending;
  if (!state_.compare_exchange_strong(expected, state::sleeping, std::memory_order_acq_rel) &&
      expected == state::done && !slept_) {
    return true;
  }
  slept_ = true;
  std::unique_lock lock{mutex_};
  const auto came = [this] { return signalled_; };
  if (span) return wake_.wait_for(lock, *span, came);
  wake_.wait(lock, came);
  return true;
}

void caf_call::answered() noexcept {
  const std::string_view name = function_of(self_).name();
  error why = failure.code != errc::none ? std::move(failure)
                                         : refusal(answer, what.event, name, found.record);
  if (why.code != errc::none) {
    reply(*request_, self_, to_caf_error(why));
  } else {
    reply(*request_, self_, status_of(found, name));
  }
  delete this;
}

error refusal(answer a, event what, std::string_view name, const lifecycle_record& found) {
  const auto make = [&found](errc code, std::string message) {
    return error{code, std::move(message), found.pair.state, found.state_reason};
  };
  const auto situation = [&found] {
    return found.state_reason == reason_code::none
               ? std::string{wire_name(found.pair.state)}
               : fmt::format("{}: {}", wire_name(found.pair.state), wire_name(found.state_reason));
  };
  switch (a) {
    case answer::accepted:
    case answer::ignored: return {};
    case answer::not_found:
      return make(errc::not_found, fmt::format("there is no function {}", name));
    case answer::already_exists:
      return make(errc::already_exists, fmt::format("function {} exists already", name));
    case answer::pending:
      return make(
          errc::function_pending,
          fmt::format("function {} is {}; it can be invoked once it is Active", name, situation()));
    case answer::initializing:
      return make(errc::function_initializing,
                  fmt::format("function {} is being brought back ({}); try again shortly", name,
                              situation()));
    case answer::failed:
      return make(errc::function_failed,
                  fmt::format("function {} is {} and cannot be invoked", name, situation()));
    case answer::state_conflict:
      return make(errc::state_conflict,
                  fmt::format("function {} is {}; {} is not possible in that state", name,
                              situation(), to_string(what)));
    case answer::update_in_progress:
      return make(errc::update_in_progress,
                  fmt::format("an update of function {} is in progress", name));
    case answer::revision_mismatch:
      return make(errc::revision_mismatch,
                  fmt::format("the expected revision is not the current one ({}) of function {}",
                              found.revision, name));
  }
  return make(errc::internal, "unknown answer");
}

}  // namespace fsm::detail
