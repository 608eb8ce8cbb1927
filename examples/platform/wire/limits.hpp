#pragma once

#include "invoke/lost_limit.hpp"
#include "wire/account_book.hpp"
#include "wire/attributes.hpp"
#include "wire/function_locks.hpp"
#include "wire/steps.hpp"
#include <fsm/concurrency.hpp>
#include <fsm/expected.hpp>
#include <fsm/runtime.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/// \file
/// What functions have for themselves of the account's concurrent invocations: their attributes say
/// it, and the limiter holds invocations to it.

namespace platform::wire {

/// Takes what the attributes of all functions say into the limiter and the book, and counts
/// versions: once, before anything is asked or delivered. Gives the limits that the account has too
/// little for, as when it has become smaller; these do not hold. Error: the store's.
[[nodiscard]] fsm::expected<std::vector<invoke::lost_limit>> load_attributes(
    fsm::runtime& functions, fsm::concurrency_limiter& limiter, account_book& book);

/// Lets the limiter follow a function's attributes. What is given back is nobody else's meanwhile,
/// if all move limits by this. `invalid_argument` when the account has too little; then nothing is
/// changed. Any thread that may wait.
[[nodiscard]] fsm::expected<void> move_limits(fsm::concurrency_limiter& limiter,
                                              function_locks& locks, const attributes& from,
                                              const attributes& to);

/// What all of a function's versions have provisioned.
[[nodiscard]] std::int64_t total_provisioned(const attributes& what);

/// Ends the operation if the version, or the alias, leads to what is not published: it cannot have
/// provisioned instances.
void require_published(const attributes& of, const std::string& qualifier);

/// Ends the operation if the version or alias cannot have provisioned instances beside those there
/// are: a version has them by itself or through aliases, not both, and an alias with weights has
/// none.
void require_no_conflict(const attributes& of, const std::string& qualifier);

/// As `change_attributes`, for a change that may move limits or take away settings for events:
/// limiter and book follow, or nothing is changed. `too_much` is the answer when the account has
/// not enough left. `edit` is called more than once.
fsm::function_view change_limits(const site& where, const attribute_change& what,
                                 const std::function<void(attributes& into)>& edit,
                                 const failure& too_much = {});

}  // namespace platform::wire
