#include "wire/resolve.hpp"

#include "wire/attributes.hpp"
#include <fsm/name.hpp>

#include <algorithm>
#include <random>
#include <utility>

namespace platform::wire {

namespace {

// 0 to 1.
double by_chance() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<>{0, 1}(random);
}

const std::string& choose(const alias& from) {
  auto chance = by_chance();
  for (const auto& [version, weight] : from.weights) {
    if (chance < weight) return version;
    chance -= weight;
  }
  return from.version;
}

// What needs no look at the function: it, or a version by its number.
std::optional<tl::expected<resolved, failure>> resolve_at_once(const function_target& what) {
  if (!what.latest() && !is_version_number(what.qualifier)) return std::nullopt;
  if (auto found = resolve_version(what.name, what.qualifier)) return *std::move(found);
  return tl::make_unexpected(no_such_version(what));
}

tl::expected<resolved, failure> resolve_alias(const fsm::expected<fsm::function_view>& view,
                                              const function_target& what, alias_version which) {
  if (!view) return tl::make_unexpected(explain_read(view.error(), what.qualified()));
  const auto of_function = parse_attributes(what.name, view->metadata);
  const auto found = of_function.aliases.find(what.qualifier);
  if (found == of_function.aliases.end()) return tl::make_unexpected(no_such_version(what));
  const auto& version = which == alias_version::own ? found->second.version : choose(found->second);
  if (auto target = resolve_version(what.name, version)) return *std::move(target);
  return tl::make_unexpected(no_such_version(what));
}

}  // namespace

bool is_version_number(std::string_view qualifier) noexcept {
  return !qualifier.empty() && std::all_of(qualifier.begin(), qualifier.end(),
                                           [](char c) { return c >= '0' && c <= '9'; });
}

bool is_alias_name(std::string_view text) noexcept {
  const bool words = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
  });
  return !text.empty() && words && !is_version_number(text);
}

std::optional<resolved> resolve_version(const std::string& function, std::string_view version) {
  if (version.empty() || version == "$LATEST") return resolved{function, "$LATEST"};
  auto entity = function + ":" + std::string{version};
  if (!fsm::split_versioned_name(entity)) return std::nullopt;
  return resolved{std::move(entity), std::string{version}};
}

std::string entity_of(const function_target& what) {
  const bool version = is_version_number(what.qualifier);
  return version ? what.name + ":" + what.qualifier : what.name;
}

void resolve(fsm::runtime& functions, const function_target& what,
             std::function<void(tl::expected<resolved, failure>)> done, alias_version which) {
  if (auto found = resolve_at_once(what)) return done(*std::move(found));
  functions.get(what.name, [what, done = std::move(done),
                            which](const fsm::expected<fsm::function_view>& view) {
    done(resolve_alias(view, what, which));
  });
}

invoke::resolver event_resolver(fsm::runtime& functions) {
  return [&functions](const std::string& function, const std::string& qualifier,
                      const std::function<void(fsm::expected<invoke::resolved>)>& done) {
    const function_target what{.name = function, .qualifier = qualifier, .arn = {}};
    auto found = resolve_at_once(what);
    // What follows asks the runtime, and therefore must not happen inside of it: so this waits.
    if (!found) found = resolve_alias(functions.get(function), what, alias_version::by_chance);
    if (*found) {
      return done(invoke::resolved{std::move((*found)->entity), std::move((*found)->version)});
    }
    const auto& why = found->error();
    const auto code =
        why.what == fault::resource_not_found ? fsm::errc::not_found : fsm::errc::internal;
    done(fsm::unexpected({.code = code, .message = why.message}));
  };
}

}  // namespace platform::wire
