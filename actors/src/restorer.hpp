#pragma once

#include "recovered_work.hpp"
#include <fsm/error.hpp>
#include <fsm/observer.hpp>
#include <fsm/store.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace fsm::detail {

struct core;
class function_actor;

/// Brings back what a store gives of an earlier life, before the runtime serves anybody: functions
/// with their names, situations and idle clocks; what they hold is told to a provider that wants to
/// know it; and what was owed to the provider is collected, to be worked off while the runtime
/// already serves. Used once, by one thread, before the parts of the runtime do anything.
class restorer final : public recovery {
public:
  restorer(core& o, const store::opened& found);

  void on_function(stored_function& function) override;
  void on_owed_release(std::uint64_t uid, std::uint32_t number) override;

  /// Hands over what is owed, and tells observers that this is all. An error if something that the
  /// store gave could not be brought back.
  [[nodiscard]] expected<void> finish();
  /// How many functions came back.
  [[nodiscard]] std::size_t functions() const noexcept { return progress_.functions; }

private:
  void fail(const stored_function& function, const std::string& why);
  [[nodiscard]] std::uint16_t tenant_of(const stored_function& function);
  [[nodiscard]] timestamp last_use_of(const stored_function& function) const;
  void tell_provider(const stored_function& function) const;
  void note_attempt(const function_actor& who, const stored_function& function);
  void tell_progress(bool finished);

  core& core_;
  recovery_progress progress_;
  timestamp alive_at_;
  timestamp now_;
  bool provider_wants_it_;
  recovered_work work_;
  error first_problem_;
  // Neighbours mostly have the same one.
  std::string last_tenant_;
  std::uint16_t last_tenant_index_ = 0;
};

}  // namespace fsm::detail
