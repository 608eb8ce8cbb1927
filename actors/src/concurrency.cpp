#include "function_share.hpp"
#include <fsm/concurrency.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace fsm {

using namespace detail;

namespace {

bool leaves_enough(const concurrency_state& state, std::int64_t had, std::int64_t wanted) {
  return wanted <= had ||
         state.unreserved + had - wanted >= std::int64_t{concurrency_limiter::unreserved_min};
}

error too_much(const concurrency_state& state, std::string_view function, std::int64_t had) {
  const auto left = state.unreserved + had - std::int64_t{concurrency_limiter::unreserved_min};
  return {.code = errc::invalid_argument,
          .message = "function " + std::string{function} + " can have at most " +
                     std::to_string(std::max<std::int64_t>(left, 0)) +
                     " of the account's concurrent invocations for itself; " +
                     std::to_string(concurrency_limiter::unreserved_min) +
                     " must be left to the others"};
}

// Changes what a function has of its own. `change` gets the share, locked, and may refuse; `undo`
// is called if the account cannot give that much.
template <class Change, class Undo>
expected<void> alter(concurrency_state& state, std::string_view function, Change change,
                     Undo undo) {
  const std::lock_guard lock{state.mutex};
  auto share = state.shares.find(function);
  const bool is_new = share == nullptr;
  if (is_new) share = std::make_shared<function_share>(function);
  bool is_left = false;
  {
    const std::lock_guard share_lock{share->mutex};
    const auto had = share->wanted();
    if (expected<void> changed = change(*share); !changed) return changed;
    const auto wanted = share->wanted();
    if (!leaves_enough(state, had, wanted)) {
      undo(*share);
      return unexpected(too_much(state, function, had));
    }
    state.unreserved += had - wanted;
    share->settle(state.tokens);
    is_left = !share->reserved && share->provisioned() == 0;
  }
  if (is_new && !is_left) state.shares.add(std::move(share));
  if (!is_new && is_left) state.shares.remove(function);
  return {};
}

enum class place : std::uint8_t { provisioned, reserved, rest, none };

// Where one more invocation of the version counts. With the share's lock held.
place find_place(const function_share& share, version_share* version) {
  if (version != nullptr && version->in_use < version->count) return place::provisioned;
  if (!share.reserved) return place::rest;
  return share.taken() < *share.reserved ? place::reserved : place::none;
}

}  // namespace

concurrency_permit& concurrency_permit::operator=(concurrency_permit&& other) noexcept {
  if (this == &other) return *this;
  release();
  limiter_ = std::exchange(other.limiter_, nullptr);
  share_ = std::move(other.share_);
  version_ = other.version_;
  return *this;
}

void concurrency_permit::release() noexcept {
  auto* const limiter = std::exchange(limiter_, nullptr);
  if (limiter == nullptr) return;
  if (share_ == nullptr) return limiter->tokens.give();
  {
    const std::lock_guard lock{share_->mutex};
    --(version_ != nullptr ? version_->in_use : share_->in_use);
    share_->settle(limiter->tokens);
  }
  share_.reset();
}

concurrency_limiter::concurrency_limiter(std::uint32_t account)
    : state_{std::make_unique<concurrency_state>(account)} {}

concurrency_limiter::~concurrency_limiter() = default;

tl::expected<concurrency_permit, concurrency_refusal> concurrency_limiter::acquire(
    std::string_view function, std::string_view version) {
  if (auto share = state_->shares.find(function)) {
    const std::lock_guard lock{share->mutex};
    const auto found = share->versions.find(version);
    auto* const own = found == share->versions.end() ? nullptr : &found->second;
    switch (find_place(*share, own)) {
      case place::provisioned: ++own->in_use; return concurrency_permit{*state_, share, own};
      case place::reserved: ++share->in_use; return concurrency_permit{*state_, share, nullptr};
      case place::none: return tl::make_unexpected(concurrency_refusal::reserved);
      case place::rest: break;
    }
  }
  if (!state_->tokens.take()) return tl::make_unexpected(concurrency_refusal::account);
  return concurrency_permit{*state_, nullptr, nullptr};
}

expected<void> concurrency_limiter::set_reserved(std::string_view function,
                                                 std::optional<std::uint32_t> count) {
  std::optional<std::int64_t> before;
  return alter(
      *state_, function,
      [&](function_share& share) -> expected<void> {
        if (count && *count < share.provisioned()) {
          return unexpected({.code = errc::invalid_argument,
                             .message = "function " + std::string{function} + " has " +
                                        std::to_string(share.provisioned()) +
                                        " provisioned; fewer cannot be reserved"});
        }
        before = std::exchange(share.reserved, count);
        return {};
      },
      [&](function_share& share) { share.reserved = before; });
}

expected<void> concurrency_limiter::set_provisioned(std::string_view function,
                                                    std::string_view version, std::uint32_t count) {
  std::int64_t before = 0;
  return alter(
      *state_, function,
      [&](function_share& share) -> expected<void> {
        auto& own = share.versions[std::string{version}];
        before = own.count;
        if (share.reserved && share.provisioned() - before + count > *share.reserved) {
          return unexpected({.code = errc::invalid_argument,
                             .message = "function " + std::string{function} + " has " +
                                        std::to_string(*share.reserved) +
                                        " reserved; more cannot be provisioned"});
        }
        own.count = count;
        return {};
      },
      [&](function_share& share) { share.versions.find(version)->second.count = before; });
}

void concurrency_limiter::forget(std::string_view function) {
  // Giving back is never refused.
  static_cast<void>(alter(
      *state_, function,
      [](function_share& share) -> expected<void> {
        share.reserved.reset();
        for (auto& [name, version] : share.versions) version.count = 0;
        return {};
      },
      [](function_share&) {}));
}

std::optional<std::uint32_t> concurrency_limiter::reserved(std::string_view function) const {
  const auto share = state_->shares.find(function);
  if (share == nullptr) return std::nullopt;
  const std::lock_guard lock{share->mutex};
  if (!share->reserved) return std::nullopt;
  return static_cast<std::uint32_t>(*share->reserved);
}

std::uint32_t concurrency_limiter::provisioned(std::string_view function,
                                               std::string_view version) const {
  const auto share = state_->shares.find(function);
  if (share == nullptr) return 0;
  const std::lock_guard lock{share->mutex};
  const auto found = share->versions.find(version);
  return found == share->versions.end() ? 0 : static_cast<std::uint32_t>(found->second.count);
}

std::uint32_t concurrency_limiter::provisioned(std::string_view function) const {
  const auto share = state_->shares.find(function);
  if (share == nullptr) return 0;
  const std::lock_guard lock{share->mutex};
  return static_cast<std::uint32_t>(share->provisioned());
}

bool concurrency_limiter::fits(std::string_view function, std::uint32_t reserved) const {
  const std::lock_guard lock{state_->mutex};
  const auto share = state_->shares.find(function);
  if (share == nullptr) return leaves_enough(*state_, 0, reserved);
  const std::lock_guard share_lock{share->mutex};
  return reserved >= share->provisioned() && leaves_enough(*state_, share->wanted(), reserved);
}

std::uint32_t concurrency_limiter::account() const noexcept { return state_->account; }

std::uint32_t concurrency_limiter::unreserved() const {
  const std::lock_guard lock{state_->mutex};
  return static_cast<std::uint32_t>(std::max<std::int64_t>(state_->unreserved, 0));
}

std::uint32_t concurrency_limiter::unreserved_free() const {
  return static_cast<std::uint32_t>(std::max<std::int64_t>(state_->tokens.free(), 0));
}

}  // namespace fsm
