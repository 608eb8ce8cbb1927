#pragma once

#include "wire/call.hpp"
#include "wire/members.hpp"
#include <fsm/name.hpp>

#include <tl/expected.hpp>

#include <string>
#include <string_view>

namespace platform::wire {

/// The function a request is about.
struct function_target {
  std::string name;
  /// As it was given, beside the name or in it; "" = none.
  std::string qualifier;
  /// Without qualifier.
  std::string arn;

  /// True when it means the function itself: no qualifier, or `$LATEST`.
  [[nodiscard]] bool latest() const noexcept { return qualifier.empty() || qualifier == "$LATEST"; }
  /// With the qualifier, if one was given.
  [[nodiscard]] std::string shown_arn() const;
  /// For the errors of a call that looks at this very function or version.
  [[nodiscard]] subject qualified() const { return {name, arn, shown_arn()}; }
  /// For the errors of a call that changes a function as a whole.
  [[nodiscard]] subject unqualified() const { return {name, arn, arn}; }
};

/// Reads the function's name from a path and the qualifier from the query, and checks that they
/// belong to this region and account.
[[nodiscard]] tl::expected<function_target, failure> find_target(const call& request,
                                                                 fsm::name_rule rule);

/// Checks the name of a function to create, as a member of a body.
void check_new_name(const members& body, std::string_view text);

/// Reads the name of a function to create. `text` has passed `check_new_name`.
[[nodiscard]] tl::expected<function_target, failure> new_target(const site& where,
                                                                std::string_view text);

/// The error for a version or alias, neither of which exists here.
[[nodiscard]] failure no_such_version(const function_target& what);

/// The error for an alias that does not exist, whether or not its function does.
[[nodiscard]] failure no_such_alias(const function_target& what);

/// The error for a change that names a version or alias.
[[nodiscard]] failure only_functions();

}  // namespace platform::wire
