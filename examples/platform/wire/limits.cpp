#include "wire/limits.hpp"

#include "invoke/engine.hpp"
#include "wire/resolve.hpp"
#include <fsm/name.hpp>
#include <fsm/quoted.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace platform::wire {

namespace {

constexpr std::size_t page_size = 1000;

// An alias stands for the version it leads to; of two, for the first.
std::map<std::string, std::uint32_t> provisioned_by_version(const attributes& what) {
  std::map<std::string, std::uint32_t> result;
  for (const auto& [qualifier, each] : what.provisioned) {
    const auto found = what.aliases.find(qualifier);
    const auto& version = found == what.aliases.end() ? qualifier : found->second.version;
    result[version] += static_cast<std::uint32_t>(each.wanted);
  }
  return result;
}

std::uint32_t count_of(const std::map<std::string, std::uint32_t>& counts,
                       const std::string& version) {
  const auto found = counts.find(version);
  return found == counts.end() ? 0 : found->second;
}

// How many the account has to give.
std::int64_t needed(const attributes& what) {
  return std::max(what.reserved_concurrency.value_or(0), total_provisioned(what));
}

using lost = std::function<void(invoke::lost_limit)>;

// What is given back comes first, and what is provisioned is never more than what is reserved. Goes
// on after what does not fit.
void set_limits(fsm::concurrency_limiter& limiter, const attributes& from, const attributes& to,
                const lost& none_left) {
  const auto before = provisioned_by_version(from);
  const auto after = provisioned_by_version(to);
  const auto provision = [&](const std::string& version, std::uint32_t count) {
    const auto set = limiter.set_provisioned(to.function, version, count);
    if (!set) none_left({to.function, version, count, set.error().message});
  };
  for (const auto& [version, count] : before) {
    const auto rest = count_of(after, version);
    if (rest < count) provision(version, rest);
  }
  if (from.reserved_concurrency != to.reserved_concurrency) {
    std::optional<std::uint32_t> reserved;
    if (to.reserved_concurrency) reserved = static_cast<std::uint32_t>(*to.reserved_concurrency);
    const auto set = limiter.set_reserved(to.function, reserved);
    if (!set) none_left({to.function, "", reserved.value_or(0), set.error().message});
  }
  for (const auto& [version, count] : after) {
    if (count > count_of(before, version)) provision(version, count);
  }
}

// Where nothing is asked for that was not had before.
void follow(const site& where, const attributes& from, const attributes& to) {
  const auto moved = move_limits(where.invocations.limiter(), where.locks, from, to);
  if (moved) return;
  where.log->error("limits not followed function={} error={}", fsm::quoted(to.function),
                   fsm::quoted(moved.error().message));
}

std::uint64_t count_versions(fsm::runtime& functions, const attributes& of) {
  std::uint64_t result = 0;
  for (std::uint32_t number = 1; number <= of.last_version; ++number) {
    if (functions.get(fsm::versioned_name(of.function, number))) ++result;
  }
  return result;
}

failure conflict(std::string message) { return {fault::resource_conflict, std::move(message), {}}; }

failure no_instances_of_latest() {
  return {fault::invalid_parameter_value,
          "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
          {}};
}

// An alias that has some leads to one version, which has none of its own.
void require_whole(const attributes& of, const alias& what) {
  if (!what.weights.empty()) {
    throw refusal{{fault::invalid_parameter_value,
                   "Alias with weights can not be used with Provisioned Concurrency",
                   {}}};
  }
  if (!of.provisioned.contains(what.version)) return;
  throw refusal{
      conflict("Alias can't be used for Provisioned Concurrency configuration on an already "
               "Provisioned version")};
}

fsm::expected<attributes> read_kept(const std::string& metadata) {
  try {
    return parse_attributes("", metadata);
  } catch (const std::exception& damage) {
    return fsm::unexpected(
        {.code = fsm::errc::internal,
         .message = std::string{damage.what()} + "; restore a checkpoint or a backup"});
  }
}

}  // namespace

fsm::expected<void> move_limits(fsm::concurrency_limiter& limiter, function_locks& locks,
                                const attributes& from, const attributes& to) {
  std::optional<std::string> problem;
  const auto alone = locks.take_account();
  set_limits(limiter, from, to, [&](invoke::lost_limit what) {
    if (!problem) problem = std::move(what.why);
  });
  if (!problem) return {};
  set_limits(limiter, to, from, [](const invoke::lost_limit&) {});
  return fsm::unexpected({.code = fsm::errc::invalid_argument, .message = *std::move(problem)});
}

fsm::expected<std::vector<invoke::lost_limit>> load_attributes(fsm::runtime& functions,
                                                               fsm::concurrency_limiter& limiter,
                                                               account_book& book) {
  std::vector<invoke::lost_limit> result;
  std::uint64_t after = 0;
  for (;;) {
    const auto page = functions.metadata(after, page_size);
    if (!page) return fsm::unexpected(page.error());
    for (const auto& each : *page) {
      after = each.uid;
      const auto what = read_kept(each.metadata);
      if (!what) return fsm::unexpected(what.error());
      book.add_versions(count_versions(functions, *what));
      book.set_events(*what);
      set_limits(limiter, {.function = what->function}, *what,
                 [&](invoke::lost_limit each) { result.push_back(std::move(each)); });
    }
    if (page->size() < page_size) return result;
  }
}

std::int64_t total_provisioned(const attributes& what) {
  std::int64_t result = 0;
  for (const auto& [qualifier, each] : what.provisioned) result += each.wanted;
  return result;
}

void require_published(const attributes& of, const std::string& qualifier) {
  const auto found = of.aliases.find(qualifier);
  const auto& version = found == of.aliases.end() ? qualifier : found->second.version;
  if (version == "$LATEST") throw refusal{no_instances_of_latest()};
}

void require_no_conflict(const attributes& of, const std::string& qualifier) {
  if (const auto found = of.aliases.find(qualifier); found != of.aliases.end())
    return require_whole(of, found->second);
  const bool pointed_at = std::any_of(of.aliases.begin(), of.aliases.end(), [&](const auto& each) {
    return each.second.version == qualifier && of.provisioned.contains(each.first);
  });
  if (pointed_at) throw refusal{conflict("Version is pointed by a Provisioned Concurrency alias")};
}

fsm::function_view change_limits(const site& where, const attribute_change& what,
                                 const std::function<void(attributes& into)>& edit,
                                 const failure& too_much) {
  const auto before = look_up(where, what.name, what.about).what;
  auto after = before;
  edit(after);
  // What is taken is taken before it is promised, what is given back when it is not needed any
  // more.
  const bool takes = needed(after) > needed(before);
  if (takes && !move_limits(where.invocations.limiter(), where.locks, before, after))
    throw refusal{too_much};
  try {
    auto changed = change_attributes(
        where, what, [&](const fsm::function_view&, attributes& into) { edit(into); });
    if (!takes) follow(where, before, after);
    where.book.set_events(after);
    return changed;
  } catch (const refusal&) {
    if (takes) follow(where, after, before);
    throw;
  }
}

}  // namespace platform::wire
