// The provisioner's deadlines and pauses.

#include "core.hpp"
#include "provisioner.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <bit>

namespace fsm::detail {

namespace {

/// A release is asked for until it is confirmed; after a while, not more often than this.
constexpr duration release_backoff_max = std::chrono::minutes{15};

}  // namespace

void provisioner::on_tick() {
  const timestamp now = core_.clock->now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const std::uint64_t uid = timers_.begin()->second;
    lane& l = *lanes_.at(uid);
    clear_timer(l);
    if (l.phase == phase::calling) {
      log_lost(l);
      if (!l.jobs.front().is_release) turns_.lost(l.jobs.front().tenant);
      try_failed(uid, l, "the resource provider did not answer in time");
    } else if (l.jobs.front().is_release) {
      l.phase = phase::queued;
      l.in_queue = true;
      releases_.push_back(uid);
    } else {
      begin_try(uid, l);
    }
  }
  fail_blocked(now);
  std::erase_if(fates_, [now](const auto& item) { return item.second.forget_at <= now; });
}

void provisioner::fail_blocked(timestamp now) {
  while (!blocked_.empty() && blocked_.begin()->first <= now) {
    const attempt_token token = blocked_.begin()->second;
    blocked_.erase(blocked_.begin());
    const auto found = lanes_.find(token.uid);
    if (found == lanes_.end()) continue;
    std::vector<job>& jobs = found->second->jobs;
    const auto is_it = [&token](const job& j) { return j.request.token == token && !j.is_release; };
    const auto at = std::find_if(jobs.begin() + 1, jobs.end(), is_it);
    if (at == jobs.end()) continue;  // It has had its turn, or was given up.
    job blocked = std::move(*at);
    jobs.erase(at);
    core_.attempts.give_back(blocked.tenant);
    if (blocked.is_recovered) {
      // An earlier owner may have tried it.
      job release;
      release.is_release = true;
      release.request.token = token;
      note_release(note_kind::release_owed, token);
      owe(std::move(release));
    }
    tell_observers(blocked, false, reason_code::internal_error, 0, now);
    tell_function(blocked, false, reason_code::internal_error,
                  "earlier resources of the function were not released in time");
  }
}

void provisioner::log_lost(const lane& l) {
  // A release may be tried for ever: not every time.
  if (core_.how.log == nullptr || !std::has_single_bit(l.tries)) return;
  const job& j = l.jobs.front();
  core_.how.log->warn("try lost kind={} uid={} attempt={} tries={}",
                      j.is_release ? "release" : "provision", j.request.token.uid,
                      j.request.token.number, l.tries);
}

void provisioner::set_timer(std::uint64_t uid, lane& l, timestamp when) {
  clear_timer(l);
  l.timer = timers_.emplace(when, uid);
  l.has_timer = true;
}

void provisioner::clear_timer(lane& l) {
  if (!l.has_timer) return;
  timers_.erase(l.timer);
  l.has_timer = false;
}

duration provisioner::pause_after(const lane& l) {
  const duration most = l.jobs.front().is_release
                            ? std::max(options_.backoff_max, release_backoff_max)
                            : options_.backoff_max;
  const std::uint32_t doublings = std::min<std::uint32_t>(l.tries - 1, 30);
  const duration longest = std::min(options_.backoff_min * (std::int64_t{1} << doublings), most);
  return longest - duration{static_cast<std::int64_t>(
                       random_() % static_cast<std::uint64_t>(longest.count() / 2 + 1))};
}

}  // namespace fsm::detail
