#include "wire/limits.hpp"

#include "invoke/engine.hpp"
#include "wire/resolve.hpp"
#include <fsm/name.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
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

// What is given back comes first, and what is provisioned is never more than what is reserved.
fsm::expected<void> set_limits(fsm::concurrency_limiter& limiter, const attributes& from,
                               const attributes& to) {
  const auto before = provisioned_by_version(from);
  const auto after = provisioned_by_version(to);
  for (const auto& [version, count] : before) {
    const auto rest = count_of(after, version);
    if (rest >= count) continue;
    if (auto set = limiter.set_provisioned(to.function, version, rest); !set) return set;
  }
  if (from.reserved_concurrency != to.reserved_concurrency) {
    std::optional<std::uint32_t> reserved;
    if (to.reserved_concurrency) reserved = static_cast<std::uint32_t>(*to.reserved_concurrency);
    if (auto set = limiter.set_reserved(to.function, reserved); !set) return set;
  }
  for (const auto& [version, count] : after) {
    if (count <= count_of(before, version)) continue;
    if (auto set = limiter.set_provisioned(to.function, version, count); !set) return set;
  }
  return {};
}

// Where nothing is asked for that was not had before.
void follow(const site& where, const attributes& from, const attributes& to) {
  const auto set = set_limits(where.invocations.limiter(), from, to);
  if (set) return;
  where.log->error("limits not followed function={} error=\"{}\"", to.function,
                   set.error().message);
}

std::uint64_t count_versions(fsm::runtime& functions, const attributes& of) {
  std::uint64_t result = 0;
  for (std::uint32_t number = 1; number <= of.last_version; ++number) {
    if (functions.get(fsm::versioned_name(of.function, number))) ++result;
  }
  return result;
}

}  // namespace

fsm::expected<void> load_attributes(fsm::runtime& functions, fsm::concurrency_limiter& limiter,
                                    account_book& book) {
  std::uint64_t after = 0;
  for (;;) {
    const auto page = functions.metadata(after, page_size);
    if (!page) return fsm::unexpected(page.error());
    for (const auto& each : *page) {
      after = each.uid;
      const auto what = parse_attributes("", each.metadata);
      book.add_versions(count_versions(functions, what));
      book.set_events(what);
      if (auto set = set_limits(limiter, {.function = what.function}, what); !set) return set;
    }
    if (page->size() < page_size) return {};
  }
}

std::int64_t total_provisioned(const attributes& what) {
  std::int64_t result = 0;
  for (const auto& [qualifier, each] : what.provisioned) result += each.wanted;
  return result;
}

void require_unprovisioned(const attributes& of, const std::string& version) {
  if (!of.provisioned.contains(version)) return;
  throw refusal{{fault::resource_conflict,
                 "Alias can't be used for Provisioned Concurrency configuration on an already "
                 "Provisioned version",
                 {}}};
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
  if (takes && !set_limits(where.invocations.limiter(), before, after)) {
    follow(where, after, before);
    throw refusal{too_much};
  }
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
