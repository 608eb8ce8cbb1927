#include "code/code_ledger.hpp"

#include <fsm/state.hpp>

#include <utility>

namespace platform::code {

namespace {

constexpr auto in_progress = fsm::last_update_status::in_progress;

}  // namespace

void code_ledger::silence() {
  const std::lock_guard lock{mutex_};
  wake_ = nullptr;
}

// --- requests ------------------------------------------------------------------------------------

code_ledger::hold code_ledger::take(const package& which, std::uint64_t bytes_max) {
  const std::lock_guard lock{mutex_};
  const auto used = total_bytes_ + requested_bytes_;
  if (used > bytes_max || which.size > bytes_max - used) return nullptr;
  const auto [at, fresh] = packages_.try_emplace(which.name, entry{which});
  ++at->second.requests;
  requested_bytes_ += at->second.what.size;
  return {new package{which}, [self = shared_from_this()](const package* held) {
            self->release(held->name);
            delete held;
          }};
}

bool code_ledger::has_room(const package& which, std::uint64_t bytes_max) const {
  const std::lock_guard lock{mutex_};
  const auto used = total_bytes_ + requested_bytes_;
  return used <= bytes_max && which.size <= bytes_max - used;
}

void code_ledger::release(const digest& name) {
  const std::lock_guard lock{mutex_};
  auto& which = packages_.at(name);
  --which.requests;
  requested_bytes_ -= which.what.size;
  if (which.requests == 0 && which.functions == 0) unused_.insert(name);
  wake_if_needed();
}

// --- functions -----------------------------------------------------------------------------------

void code_ledger::on_transition(const fsm::transition& what) {
  const std::lock_guard lock{mutex_};
  if (what.to == fsm::pairs::absent) {
    unknown_.erase(what.uid);
    set(what.uid, nullptr, nullptr);
  } else if (what.from == fsm::pairs::absent) {
    unknown_[what.uid] = {.name = what.name, .revision = what.revision};
  } else if (what.to.update_status == in_progress && what.from.update_status != in_progress) {
    start_update(what);
  } else if (what.from.update_status == in_progress && what.to.update_status != in_progress) {
    end_update(what);
  } else if (const auto found = unknown_.find(what.uid); found != unknown_.end()) {
    found->second.revision = what.revision;
  }
  wake_if_needed();
}

void code_ledger::start_update(const fsm::transition& what) {
  const auto [at, fresh] = unknown_.try_emplace(what.uid);
  auto& state = at->second;
  if (fresh) {
    state.name = what.name;
    state.current_known = scanned_ || functions_.contains(what.uid);
  }
  state.revision = what.revision;
}

void code_ledger::end_update(const fsm::transition& what) {
  const auto used = usage_of(what.uid);
  const bool succeeded = what.to.update_status == fsm::last_update_status::successful;
  const auto found = unknown_.find(what.uid);
  if (found == unknown_.end()) {
    const bool expected = used.current || used.target;
    if (expected) set(what.uid, succeeded ? used.target : used.current, nullptr);
    return;
  }
  auto& state = found->second;
  const bool target_known = state.waits_for_end;
  const bool known = succeeded ? target_known : state.current_known;
  set(what.uid, succeeded ? used.target : used.current, nullptr);
  if (known) return void(unknown_.erase(found));
  state.revision = what.revision;
  state.current_known = false;
  state.waits_for_end = false;
}

void code_ledger::note(const fsm::function_view& view, const std::optional<package>& shown) {
  const std::lock_guard lock{mutex_};
  const auto found = unknown_.find(view.uid);
  if (found == unknown_.end() || view.revision < found->second.revision) return;
  auto* const entered = enter(shown);
  if (view.update_status == in_progress) {
    set(view.uid, usage_of(view.uid).current, entered);
    found->second.waits_for_end = true;
    if (found->second.current_known) unknown_.erase(found);
  } else {
    set(view.uid, entered, nullptr);
    unknown_.erase(found);
  }
  wake_if_needed();
}

bool code_ledger::expect(const fsm::function_view& listed) {
  const std::lock_guard lock{mutex_};
  if (functions_.contains(listed.uid)) return false;
  return unknown_.try_emplace(listed.uid, unknown_state{listed.name, listed.revision}).second;
}

void code_ledger::forget(std::uint64_t uid) {
  const std::lock_guard lock{mutex_};
  unknown_.erase(uid);
  wake_if_needed();
}

std::vector<digest> code_ledger::finish_scan(const std::vector<digest>& kept) {
  const std::unordered_set<digest> there{kept.begin(), kept.end()};
  const std::lock_guard lock{mutex_};
  scanned_ = true;
  for (const auto& name : kept) {
    if (!packages_.contains(name)) unused_.insert(name);
  }
  std::vector<digest> missing;
  for (const auto& [name, which] : packages_) {
    if (which.functions > 0 && !there.contains(name)) missing.push_back(name);
  }
  wake_if_needed();
  return missing;
}

std::vector<code_ledger::unknown_function> code_ledger::unknown(std::size_t limit) const {
  const std::lock_guard lock{mutex_};
  std::vector<unknown_function> result;
  for (const auto& [uid, state] : unknown_) {
    if (result.size() == limit) break;
    if (!state.waits_for_end) result.push_back({uid, state.name});
  }
  return result;
}

// --- packages ------------------------------------------------------------------------------------

std::vector<digest> code_ledger::take_unused(std::size_t limit) {
  const std::lock_guard lock{mutex_};
  std::vector<digest> result;
  while (all_known() && !unused_.empty() && result.size() < limit) {
    result.push_back(std::move(unused_.extract(unused_.begin()).value()));
  }
  return result;
}

bool code_ledger::strike(const digest& name) {
  const std::lock_guard lock{mutex_};
  if (!all_known()) {
    unused_.insert(name);
    return false;
  }
  const auto found = packages_.find(name);
  if (found == packages_.end()) return true;
  if (found->second.functions > 0 || found->second.requests > 0) return false;
  packages_.erase(found);
  return true;
}

std::uint64_t code_ledger::total_bytes() const {
  const std::lock_guard lock{mutex_};
  return total_bytes_;
}

code_ledger::entry* code_ledger::enter(const std::optional<package>& what) {
  return what ? &packages_.try_emplace(what->name, entry{*what}).first->second : nullptr;
}

void code_ledger::leave(entry* which) {
  if (!which) return;
  --which->functions;
  if (which->functions == 0 && which->requests == 0) unused_.insert(which->what.name);
}

code_ledger::usage code_ledger::usage_of(std::uint64_t uid) const {
  const auto found = functions_.find(uid);
  return found == functions_.end() ? usage{} : found->second;
}

// The new ones count before the old ones are let go: they may be the same.
void code_ledger::set(std::uint64_t uid, entry* current, entry* target) {
  const auto before = usage_of(uid);
  const usage after{current, target};
  for (auto* each : {current, target}) {
    if (each) ++each->functions;
  }
  leave(before.current);
  leave(before.target);
  total_bytes_ += after.shown_bytes();
  total_bytes_ -= before.shown_bytes();
  if (current || target) {
    functions_[uid] = after;
  } else {
    functions_.erase(uid);
  }
}

void code_ledger::wake_if_needed() {
  const bool removable = all_known() && !unused_.empty();
  if (wake_ && (removable || !unknown_.empty())) wake_();
}

}  // namespace platform::code
