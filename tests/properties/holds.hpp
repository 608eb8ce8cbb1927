#pragma once

#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <rapidcheck.h>
#include <string>
#include <utility>

namespace fsm::testing {

/// Checks that a property holds for what RapidCheck makes up: the same in every run, unless the
/// variable RC_PARAMS says otherwise ("seed=7 max_success=10000"). A case that fails is made as
/// small as it goes and printed, with the RC_PARAMS that bring it back.
template <class Property>
void holds(const std::string& what, Property property) {
  setenv("RC_PARAMS", "seed=1", 0);
  CHECK(rc::check(what, std::move(property)));
}

}  // namespace fsm::testing
