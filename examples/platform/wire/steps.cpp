#include "wire/steps.hpp"

#include "wire/resolve.hpp"

#include <chrono>
#include <thread>

namespace platform::wire {

namespace {

constexpr int tries_max = 16;

failure revision_mismatch() {
  return explain({.code = fsm::errc::revision_mismatch, .message = {}}, {});
}

}  // namespace

void refuse_if(const std::optional<failure>& wrong) {
  if (wrong) throw refusal{*wrong};
}

whole_function look_up(const site& where, const std::string& name, const subject& about) {
  auto view = where.functions.get(name);
  if (!view) throw refusal{explain_read(view.error(), about)};
  auto what = parse_attributes(name, view->metadata);
  return {*std::move(view), std::move(what)};
}

whole_function look_up_qualified(const site& where, const function_target& which) {
  const bool of_alias = is_alias_name(which.qualifier);
  const auto missing = of_alias ? no_such_alias(which) : no_such_version(which);
  auto view = where.functions.get(which.name);
  if (!view && view.error().code == fsm::errc::not_found) throw refusal{missing};
  if (!view) throw refusal{explain_read(view.error(), which.unqualified())};
  auto what = parse_attributes(which.name, view->metadata);
  if (!which.latest()) {
    const auto version = resolve_version(which.name, which.qualifier);
    const bool there = of_alias ? what.aliases.contains(which.qualifier)
                                : version && where.functions.get(version->entity).has_value();
    if (!there) throw refusal{missing};
  }
  return {*std::move(view), std::move(what)};
}

std::string look_up_entity(const site& where, const function_target& which) {
  if (!is_alias_name(which.qualifier)) return entity_of(which);
  const auto found = look_up_qualified(where, which);
  return resolve_version(which.name, found.what.aliases.at(which.qualifier).version)->entity;
}

void require_revision(const std::optional<std::string>& wanted, const std::string& current) {
  if (wanted && *wanted != current) throw refusal{revision_mismatch()};
}

fsm::expected<fsm::function_view> insist(
    const std::function<fsm::expected<fsm::function_view>()>& step) {
  constexpr std::chrono::milliseconds pause{20};
  constexpr int times_max = 250;
  for (int times = 1;; ++times) {
    auto done = step();
    if (done || done.error().code != fsm::errc::too_many_requests || times == times_max)
      return done;
    std::this_thread::sleep_for(pause);
  }
}

fsm::function_view change_attributes(
    const site& where, const attribute_change& what,
    const std::function<void(const fsm::function_view& view, attributes& into)>& edit) {
  for (int tries = 1;; ++tries) {
    auto found = look_up(where, what.name, what.about);
    require_revision(what.revision, found.view.revision_id());
    edit(found.view, found.what);
    auto changed = where.functions.change({.name = what.name,
                                           .event = what.event,
                                           .metadata = to_metadata(found.what),
                                           .expected_revision = found.view.revision});
    if (changed) return *std::move(changed);
    const bool overtaken = changed.error().code == fsm::errc::revision_mismatch;
    if (!overtaken || tries == tries_max) throw refusal{explain(changed.error(), what.about)};
  }
}

void require_acceptance(const site& where, const std::string& name, fsm::event event,
                        const subject& about, std::uint32_t expected_revision) {
  const auto asked = where.functions.change(
      {.name = name, .event = event, .metadata = {}, .expected_revision = expected_revision});
  if (!asked) throw refusal{explain(asked.error(), about)};
}

}  // namespace platform::wire
