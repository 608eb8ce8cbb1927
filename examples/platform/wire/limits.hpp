#pragma once

#include "wire/account_book.hpp"
#include "wire/attributes.hpp"
#include "wire/steps.hpp"
#include <fsm/concurrency.hpp>
#include <fsm/expected.hpp>
#include <fsm/runtime.hpp>

#include <cstdint>
#include <functional>
#include <string>

/// \file
/// What functions have for themselves of the account's concurrent invocations: their attributes say
/// it, and the limiter holds invocations to it.

namespace platform::wire {

/// Takes what the attributes of all functions say into the limiter and the book, and counts
/// versions: once, before anything is asked or delivered. Error: the store's, or the account has
/// too little for what its functions have.
[[nodiscard]] fsm::expected<void> load_attributes(fsm::runtime& functions,
                                                  fsm::concurrency_limiter& limiter,
                                                  account_book& book);

/// What all of a function's versions have provisioned.
[[nodiscard]] std::int64_t total_provisioned(const attributes& what);

/// Ends the operation if the version has provisioned instances of its own, as no alias that has
/// some may lead to it.
void require_unprovisioned(const attributes& of, const std::string& version);

/// As `change_attributes`, for a change that may move limits or take away settings for events:
/// limiter and book follow, or nothing is changed. `too_much` is the answer when the account has
/// not enough left. `edit` is called more than once.
fsm::function_view change_limits(const site& where, const attribute_change& what,
                                 const std::function<void(attributes& into)>& edit,
                                 const failure& too_much = {});

}  // namespace platform::wire
