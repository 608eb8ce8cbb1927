#pragma once

#include "wire/steps.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>

namespace platform::wire {

/// What a version is to be made of.
struct new_version {
  const function_target& of;
  std::uint64_t function_uid = 0;
  std::uint32_t number = 0;
  /// The function's document, with the version's own description.
  boost::json::object document;
  /// The `fingerprint` of the function's document.
  std::string published_from;
  /// What the function runs on is there already, so that the version is Active at once.
  bool prepared = false;
};

/// Makes a version. When it is prepared, waits (shortly) until it is Active. Gives its view; its
/// document is left in `what`.
[[nodiscard]] fsm::function_view make_version(const site& where, new_version& what);

/// What tells whether something has changed since a version was published: the same for documents
/// that differ in nothing that matters.
[[nodiscard]] std::string fingerprint(const boost::json::object& document);

}  // namespace platform::wire
