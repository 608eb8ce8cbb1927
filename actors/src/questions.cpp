// What callers ask for, checked before anything starts.

#include "questions.hpp"

#include "core.hpp"
#include <fsm/name.hpp>

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace fsm::detail {

namespace {

[[nodiscard]] error check_size(std::string_view field, const std::string& bytes) {
  if (bytes.size() <= document_bytes_max) return {};
  return {errc::invalid_argument, fmt::format("{} is {} bytes; at most {} are kept", field,
                                              bytes.size(), document_bytes_max)};
}

[[nodiscard]] error check_sizes(const std::string& document, const metadata_option& metadata) {
  error wrong = check_size("document", document);
  if (wrong.code == errc::none && metadata) wrong = check_size("metadata", *metadata);
  return wrong;
}

}  // namespace

error prepare(core& o, create_request& what, question& q) {
  if (!split_versioned_name(what.name)) {
    const auto parsed = parse_function_ref(what.name, name_rule::create);
    return parsed ? error{errc::invalid_argument,
                          "name must be a function name, or one with ':' and a version number; not "
                          "an ARN"}
                  : parsed.error();
  }
  if (error wrong = check_sizes(what.document, what.metadata); wrong.code != errc::none)
    return wrong;
  if (what.idle_after &&
      (*what.idle_after < duration{1} || *what.idle_after > std::chrono::days{3650})) {
    return {errc::invalid_argument,
            fmt::format("idle_after is {} ms; it must be from 1 ms to 10 years",
                        what.idle_after->count())};
  }
  const std::int32_t tenant = what.tenant.empty() ? 0 : o.tenants.index_of(what.tenant);
  if (tenant < 0) return {errc::too_many_requests, "more than 65535 different tenants"};
  const std::int32_t policy = what.idle_after ? o.idle_policies.index_of(*what.idle_after) : 0;
  if (policy < 0) return {errc::too_many_requests, "more than 256 different idle times"};
  if (error full = o.room_for_provisioning(); full.code != errc::none) return full;
  error full = o.room_for_tenant(static_cast<tenant_index>(tenant), event::create);
  if (full.code != errc::none) return full;
  q.what = {.event = event::create, .at = o.clock->now()};
  q.document = std::move(what.document);
  q.bring(std::move(what.metadata));
  q.tenant = static_cast<std::uint16_t>(tenant);
  q.idle_policy = static_cast<std::uint8_t>(policy);
  return {};
}

error prepare(core& o, update_request& what, question& q) {
  if (error wrong = check_sizes(what.document, what.metadata); wrong.code != errc::none)
    return wrong;
  if (error full = o.room_for_provisioning(); full.code != errc::none) return full;
  q.what = {.event = what.dry_run ? event::update_dry_run : event::update,
            .at = o.clock->now(),
            .expected_revision = what.expected_revision};
  q.document = std::move(what.document);
  q.bring(std::move(what.metadata));
  return {};
}

error prepare(core& o, change_request& what, question& q) {
  const bool may_bring = may_bring_metadata(what.event);
  const bool is_change = what.event != event::create && what.event != event::update && may_bring;
  const bool only_asks = what.event == event::republish || what.event == event::alias_target;
  if (!is_change && !only_asks) {
    return {errc::invalid_argument,
            fmt::format("event is {}; it must be tag, configure, permit, publish, republish or "
                        "alias_target",
                        to_string(what.event))};
  }
  if (only_asks && what.metadata)
    return {errc::invalid_argument, fmt::format("metadata: {} takes none", to_string(what.event))};
  if (error wrong = check_sizes({}, what.metadata); wrong.code != errc::none) return wrong;
  if (error full = o.room_for_transition(); full.code != errc::none) return full;
  q.what = {.event = what.event, .at = o.clock->now(), .expected_revision = what.expected_revision};
  q.bring(std::move(what.metadata));
  return {};
}

error prepare_async(core& o, question& q) {
  if (error full = o.room_for_provisioning(); full.code != errc::none) return full;
  q.what = {.event = event::invoke_async, .at = o.clock->now()};
  return {};
}

error prepare_remove(core& o, std::uint32_t expected_revision, question& q) {
  if (error full = o.room_for_transition(); full.code != errc::none) return full;
  q.what = {.event = event::remove, .at = o.clock->now(), .expected_revision = expected_revision};
  return {};
}

error prepare_read(const core& o, question& q) {
  if (o.stopping()) return {errc::stopped, "the runtime has stopped"};
  q.what = {.event = event::read, .at = o.clock->now()};
  return {};
}

}  // namespace fsm::detail
