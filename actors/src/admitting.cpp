// How invocations are admitted: at once, by one compare-and-swap, or by asking the function.

#include "asking.hpp"
#include "assert.hpp"
#include "core.hpp"
#include "dispatch.hpp"
#include "function_actor.hpp"
#include <fsm/runtime.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

namespace fsm {

using namespace detail;

namespace {

/// Names whose memory is fetched at the same time. More than a processor can have on their way.
constexpr std::size_t group_max = 32;
static_assert(group_max <= 32);

/// Asks the function, which starts a restore if it is Inactive. `errc::none` when it would have
/// admitted: then it is worth another try.
[[nodiscard]] error ask_function(core& o, std::string_view name) {
  const caf::strong_actor_ptr who = o.find(name);
  if (who == nullptr) {
    return o.stopping() ? error{errc::stopped, "the runtime has stopped"}
                        : refusal(answer::not_found, event::invoke, name, {});
  }
  if (inside_the_runtime()) {
    return {errc::would_deadlock,
            "an invocation that is not admitted at once cannot be waited for inside a callback"};
  }
  if (error full = o.room_for_provisioning(); full.code != errc::none) return full;
  function_actor& function = function_of(who);
  if (error full = o.room_for_tenant(function.tenant(), event::invoke); full.code != errc::none)
    return full;
  sync_call c;
  c.what = {.event = event::invoke, .at = o.clock->now()};
  o.ask(function, c);
  if (c.failure.code != errc::none) return std::move(c.failure);
  return refusal(c.answer, event::invoke, name, c.found.record);
}

}  // namespace

inline admission::admission(function_pool& pool, hot_line& line, const admission_grant& to) noexcept
    : pool_{&pool}, line_{&line}, uid_{line.uid}, to_{to} {}

hot_line* runtime::admit_at_once(core& o, std::string_view name, std::uint64_t hash,
                                 admission_grant& to) noexcept {
  if (o.pool->owner() == nullptr) return nullptr;
  const std::uint32_t slot = o.directory.find(name, hash, o.pool->names());
  if (slot == directory::none) return nullptr;
  hot_line& line = o.pool->line(slot);
  return line.try_admit(to, o.clock->coarse_now()) ? &line : nullptr;
}

expected<admission> runtime::admit(std::string_view name) {
  {
    const epoch_domain::pin pinned{core_->pool->epochs};
    admission_grant to;
    if (hot_line* const line = admit_at_once(*core_, name, name_hash(name), to)) {
      core_->counts.admissions.add(pinned.thread(), 1);
      return admission{*core_->pool, *line, to};
    }
  }
  return admit_by_asking(name);
}

bool runtime::admits(std::string_view name) const noexcept {
  core& o = *core_;
  const epoch_domain::pin pinned{o.pool->epochs};
  if (o.pool->owner() == nullptr) return false;
  const std::uint32_t slot = o.directory.find(name, name_hash(name), o.pool->names());
  if (slot == directory::none) return true;  // There is nobody to ask.
  const hot_line& line = o.pool->line(slot);
  return line.word.load().open() && line.is_settled();
}

expected<admission> runtime::admit_by_asking(std::string_view name) {
  core& o = *core_;
  for (int round = 0; round < rounds_max; ++round) {
    error why = ask_function(o, name);
    if (why.code == errc::function_initializing && o.how.inactive == on_inactive::hold &&
        round == 0) {
      if (!wait(name, active, o.how.hold_max)) return o.refuse(std::move(why));
    } else if (why.code != errc::none) {
      return o.refuse(std::move(why));
    }
    const epoch_domain::pin pinned{o.pool->epochs};
    admission_grant to;
    if (hot_line* const line = admit_at_once(o, name, name_hash(name), to)) {
      o.counts.admissions.add(pinned.thread(), 1);
      return admission{*o.pool, *line, to};
    }
  }
  return o.refuse(
      {errc::too_many_requests, fmt::format("function {} changes too fast to be invoked", name)});
}

void runtime::document(const admission& of, std::function<void(expected<std::string>)> done) {
  if (!core_->store->keeps_documents()) return done(std::string{});
  core_->store->read_document(of.resource().uid, of.version(), std::move(done));
}

void runtime::admit_batch(std::span<const std::string_view> names,
                          std::span<expected<admission>> answers) {
  FSM_ASSERT(names.size() == answers.size());
  for (std::size_t first = 0; first < names.size(); first += group_max) {
    const std::size_t count = std::min(group_max, names.size() - first);
    admit_group(names.subspan(first, count), answers.subspan(first, count));
  }
}

void runtime::admit_group(std::span<const std::string_view> names,
                          std::span<expected<admission>> answers) {
  core& o = *core_;
  std::array<std::uint64_t, group_max> hashes;
  std::uint32_t refused = 0;  // A bit each.
  {
    // Three passes, so that the group waits for the memory twice, not each name.
    const epoch_domain::pin pinned{o.pool->epochs};
    for (std::size_t i = 0; i < names.size(); ++i) {
      hashes[i] = name_hash(names[i]);
      o.directory.prefetch(hashes[i]);
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::uint32_t slot = o.directory.candidate(hashes[i]);
      if (slot != directory::none) __builtin_prefetch(&o.pool->line(slot), 1);
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
      admission_grant to;
      if (hot_line* const line = admit_at_once(o, names[i], hashes[i], to)) {
        answers[i] = admission{*o.pool, *line, to};
      } else {
        refused |= std::uint32_t{1} << i;
      }
    }
    o.counts.admissions.add(pinned.thread(),
                            names.size() - static_cast<std::size_t>(std::popcount(refused)));
  }
  for (; refused != 0; refused &= refused - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(refused));
    answers[i] = admit_by_asking(names[i]);
  }
}

}  // namespace fsm
