// The facade: looking around among all functions, and at the runtime itself.

#include "asking.hpp"
#include "core.hpp"
#include "views.hpp"
#include <fsm/runtime.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace fsm {

using namespace detail;

namespace {

/// What a page may have.
constexpr std::size_t page_max = 10'000;

[[nodiscard]] error check_limit(std::size_t limit) {
  if (limit >= 1 && limit <= page_max) return {};
  return {errc::invalid_argument,
          fmt::format("limit is {}; it must be from 1 to {}", limit, page_max)};
}

/// Reads something from the store, and waits for it.
template <class T, class Start>
[[nodiscard]] expected<T> read(core& o, Start start) {
  if (error no = refuse_sync(o); no.code != errc::none) return o.refuse(std::move(no));
  return await<T>(start);
}
/// The same for a page of at most `limit`.
template <class T, class Start>
[[nodiscard]] expected<T> read_page(core& o, std::size_t limit, Start start) {
  if (error wrong = check_limit(limit); wrong.code != errc::none) return o.refuse(std::move(wrong));
  return read<T>(o, start);
}

}  // namespace

expected<list_page> runtime::list(const list_request& what) {
  if (error wrong = check_limit(what.limit); wrong.code != errc::none)
    return core_->refuse(std::move(wrong));
  if (core_->stopping()) return core_->refuse({errc::stopped, "the runtime has stopped"});
  if (!what.with_details) return list_functions(*core_, what);
  if (error no = refuse_sync(*core_); no.code != errc::none) return core_->refuse(std::move(no));
  list_page page = list_functions(*core_, what);
  if (expected<void> added = add_details(*core_, what, page); !added)
    return unexpected(added.error());
  return page;
}

expected<std::vector<std::string>> runtime::names(std::string_view prefix, std::string_view after,
                                                  std::size_t limit) {
  return read_page<std::vector<std::string>>(*core_, limit, [&](auto done) {
    core_->store->read_names(prefix, after, limit, std::move(done));
  });
}

expected<std::vector<stored_metadata>> runtime::metadata(std::uint64_t after, std::size_t limit) {
  return read_page<std::vector<stored_metadata>>(*core_, limit, [&](auto done) {
    core_->store->read_all_metadata(after, limit, std::move(done));
  });
}

expected<std::vector<transition>> runtime::history(std::string_view name) {
  expected<function_view> found = get(name);
  if (!found) return unexpected(found.error());
  auto history = await<std::vector<transition>>(
      [&](auto done) { core_->store->read_history(found->uid, std::move(done)); });
  if (history) {
    for (transition& t : *history) t.name = name;
  }
  return history;
}

expected<event_page> runtime::events(std::uint64_t after, std::size_t limit) {
  return read_page<event_page>(
      *core_, limit, [&](auto done) { core_->store->read_events(after, limit, std::move(done)); });
}

expected<std::string> runtime::checkpoint() {
  return read<std::string>(*core_, [&](auto done) { core_->store->checkpoint(std::move(done)); });
}

void runtime::checkpoint(std::function<void(expected<std::string>)> done) {
  if (core_->stopping()) return done(core_->refuse({errc::stopped, "the runtime has stopped"}));
  core_->store->checkpoint([done = std::move(done)](expected<std::string> name) {
    guarded([&] { done(std::move(name)); });
  });
}

expected<void> runtime::health() const {
  if (!core_->store_is_broken()) return {};
  return unexpected({errc::outcome_unknown, core_->store_problem()});
}

subscription runtime::watch(std::shared_ptr<observer> who) {
  return subscription{[where = core_->weak_from_this(), id = core_->add_observer(std::move(who))] {
    if (const auto o = where.lock()) o->remove_observer(id);
  }};
}

population runtime::count() const noexcept {
  population counts{};
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = core_->index.count(i);
  return counts;
}

expected<explanation> runtime::explain(std::string_view name) {
  if (error no = refuse_sync(*core_); no.code != errc::none) return core_->refuse(std::move(no));
  return explain_function(*core_, name);
}

std::uint64_t runtime::count(reason_code why) const noexcept { return core_->index.count(why); }

fsm::statistics runtime::statistics() const noexcept {
  const tally& counts = core_->counts;
  const auto now = [](const tally::counter& which) {
    return which.load(std::memory_order_relaxed);
  };
  fsm::statistics all;
  all.admissions = counts.admissions.sum() + now(counts.admissions_by_message);
  for (std::size_t i = 0; i < all.refusals.size(); ++i) all.refusals[i] = now(counts.refusals[i]);
  all.idle_proposals = now(counts.idle_proposals);
  all.idle_in_use = now(counts.idle_in_use);
  all.waits_fulfilled = now(counts.waits_fulfilled);
  all.waits_timed_out = now(counts.waits_timed_out);
  all.waits_ended_otherwise = now(counts.waits_ended_otherwise);
  all.waiters = now(counts.waiters);
  all.attempts_in_flight = now(counts.attempts_in_flight);
  // They are read one after the other, so that some may have ended in between.
  all.attempts_queued = std::max<std::uint64_t>(core_->attempts.taken(), all.attempts_in_flight) -
                        all.attempts_in_flight;
  all.releases_owed = now(counts.releases_owed);
  all.last_sequence = now(counts.last_sequence);
  all.transitions_under_way = core_->transitions.taken();
  return all;
}

std::uint64_t runtime::size() const noexcept {
  std::uint64_t sum = 0;
  for (const std::uint64_t n : count()) sum += n;
  return sum;
}

}  // namespace fsm
