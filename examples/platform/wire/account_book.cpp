#include "wire/account_book.hpp"

#include <fsm/name.hpp>

#include <chrono>
#include <string_view>
#include <utility>

namespace platform::wire {

namespace {

template <class Use>
void use_number(const boost::json::object& from, std::string_view member, Use use) {
  const auto* value = from.if_contains(member);
  if (value && value->is_int64()) use(value->get_int64());
}

invoke::event_settings read_settings(const boost::json::object& config) {
  invoke::event_settings result;
  use_number(config, event_members::age,
             [&](std::int64_t seconds) { result.age_max = std::chrono::seconds{seconds}; });
  use_number(config, event_members::retries,
             [&](std::int64_t count) { result.retries_max = static_cast<std::uint32_t>(count); });
  return result;
}

}  // namespace

void account_book::on_transition(const fsm::transition& what) {
  const auto parts = fsm::split_versioned_name(what.name);
  if (!parts || parts->version == 0) return;
  if (what.from.state == fsm::state::none) ++versions_;
  if (what.to.state == fsm::state::none) --versions_;
}

void account_book::set_events(const attributes& of) {
  const auto configs = of.settings.find(event_members::setting);
  if (configs == of.settings.end()) return forget_events(of.function);
  by_qualifier settings;
  for (const auto& [qualifier, config] : configs->second) {
    settings.emplace(qualifier, read_settings(config));
  }
  const std::lock_guard lock{mutex_};
  events_[of.function] = std::move(settings);
}

void account_book::forget_events(const std::string& function) {
  const std::lock_guard lock{mutex_};
  events_.erase(function);
}

invoke::event_settings account_book::events_of(const std::string& function,
                                               const std::string& qualifier) const {
  const std::lock_guard lock{mutex_};
  const auto of_function = events_.find(function);
  if (of_function == events_.end()) return {};
  const auto found = of_function->second.find(qualifier.empty() ? "$LATEST" : qualifier);
  return found == of_function->second.end() ? invoke::event_settings{} : found->second;
}

}  // namespace platform::wire
