#pragma once

#include "alarm.hpp"
#include "call.hpp"
#include "compact_actor.hpp"
#include <fsm/observer.hpp>
#include <fsm/provider.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fsm::detail {

// Messages the auditor understands
// --------------------------------

/// INTERNAL: a page of what the provider holds.
struct held_listed final : internal_message {
  std::uint64_t audit = 0;
  expected<std::vector<attempt_token>> tokens;
};

/// INTERNAL: a function has said what it owns.
struct owner_asked final : internal_message {
  std::uint64_t audit = 0;
  attempt_token token;
  /// False if the function could not say.
  bool answered = false;
  /// The attempt it owns, and the first one that it may own some day: the one it is waiting for, or
  /// else its next.
  std::uint32_t held = 0;
  std::uint32_t first_open = 0;
};

/// INTERNAL: an audit may be due.
struct audit_tick final : internal_message {};

/// Compares what the provider holds with what functions own, at start and every now and then, and
/// has the rest released: resources made by an attempt whose answer came to nobody, or that were to
/// be released when a store without memory of it ended.
///
/// Safe: attempts of a function are counted up and never reused, so a token that is neither what
/// its function holds nor an attempt it waits for or has yet to make can never be owned again; and
/// what running invocations of a replaced version use is left alone. A page at a time; memory is
/// bounded by the page.
class auditor final : public compact_actor {
public:
  auditor(caf::actor_config& how, core& o);

  [[nodiscard]] core* owner() const noexcept override { return &core_; }
  /// The first audit. Any thread.
  void start() noexcept;
  void close() { alarm_.close(); }

private:
  static constexpr std::size_t page_max = 16'384;

  void handle(internal_message* what) noexcept override;
  void begin();
  void ask_provider();
  void on_page(held_listed& page);
  void on_owner(const owner_asked& what);
  /// Of sorted `tokens`, asks the functions that exist and gives back those without one.
  [[nodiscard]] std::vector<attempt_token> without_owner(const std::vector<attempt_token>& tokens);
  void ask_owner(std::uint32_t slot, const attempt_token& token);
  void release(const attempt_token& token);
  void go_on();
  void finish();

  core& core_;
  std::uint64_t audit_ = 0;  // Counts them; answers to earlier ones are ignored.
  attempt_token after_;
  bool is_last_page_ = false;
  std::size_t unanswered_ = 0;  // Functions asked.
  audit_result result_;
  alarm alarm_;
};

}  // namespace fsm::detail
