#include <fsm/options.hpp>

#include <fmt/format.h>

namespace fsm {

namespace {

/// Collects the first rule that is broken.
class rules {
public:
  void duration_at_least(std::string_view field, duration value, duration least) {
    if (value < least)
      break_rule(fmt::format("{} is {} ms; it must be at least {} ms", field, value.count(),
                             least.count()));
  }
  template <class T>
  void within(std::string_view field, T value, T least, T most) {
    if (value < least || value > most) {
      break_rule(fmt::format("{} is {}; it must be from {} to {}", field, value, least, most));
    }
  }
  template <class T>
  void at_least(std::string_view field, T value, T least) {
    if (value < least)
      break_rule(fmt::format("{} is {}; it must be at least {}", field, value, least));
  }
  void is_true(bool holds, std::string message) {
    if (!holds) break_rule(std::move(message));
  }
  [[nodiscard]] expected<void> result() && {
    if (broken_.empty()) return {};
    return unexpected({errc::invalid_argument, std::move(broken_)});
  }

private:
  void break_rule(std::string message) {
    if (broken_.empty()) broken_ = std::move(message);
  }
  std::string broken_;
};

}  // namespace

expected<void> validate(const options& what) {
  constexpr duration one_ms{1};
  rules r;
  r.duration_at_least("idle_after", what.idle_after, one_ms);
  r.is_true(
      what.idle_after <= std::chrono::days{3650},
      fmt::format("idle_after is {} ms; it must be at most 10 years", what.idle_after.count()));
  r.duration_at_least("admission_timeout", what.admission_timeout, one_ms);
  const provisioner_options& p = what.provisioner;
  r.at_least<std::size_t>("provisioner.in_flight_max", p.in_flight_max, 1);
  r.at_least<std::size_t>("provisioner.queued_max", p.queued_max, 1);
  r.within<std::uint32_t>("provisioner.attempts_max", p.attempts_max, 1, 100);
  r.duration_at_least("provisioner.attempt_timeout", p.attempt_timeout, one_ms);
  r.duration_at_least("provisioner.provision_deadline", p.provision_deadline, p.attempt_timeout);
  r.is_true(
      p.provision_deadline < stuck_after,
      fmt::format("provisioner.provision_deadline is {} ms; it must be below stuck_after ({} ms)",
                  p.provision_deadline.count(), duration{stuck_after}.count()));
  r.duration_at_least("provisioner.backoff_min", p.backoff_min, one_ms);
  r.duration_at_least("provisioner.backoff_max", p.backoff_max, p.backoff_min);
  if (p.audit_interval != duration{}) {
    r.duration_at_least("provisioner.audit_interval", p.audit_interval, std::chrono::seconds{1});
  }
  r.within<std::size_t>("functions_max", what.functions_max, 1, std::size_t{1} << 26U);
  r.at_least<std::size_t>("journal_max", what.journal_max, 16);
  r.at_least<std::size_t>("calls_max", what.calls_max, 1);
  r.at_least<std::size_t>("waiters_max", what.waiters_max, 1);
  r.within<std::uint32_t>("tenant_share", what.tenant_share, 0, 1000);
  r.within<std::size_t>("threads", what.threads, 0, 1024);
  r.duration_at_least("hold_max", what.hold_max, one_ms);
  for (std::size_t i = 0; i < what.observers.size(); ++i) {
    r.is_true(what.observers[i] != nullptr, fmt::format("observers[{}] is null", i));
  }
  return std::move(r).result();
}

}  // namespace fsm
