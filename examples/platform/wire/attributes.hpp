#pragma once

#include <fsm/time.hpp>
#include <fsm/view.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace platform::wire {

/// Another name for a version, or for two between which invocations are split.
struct alias {
  /// "$LATEST" or the number of a version.
  std::string version;
  std::string description;
  /// The share of invocations, from 0 to 1, that go to another version; at most one.
  std::map<std::string, double> weights;
  /// Renewed by every update of the alias.
  std::string revision;
};

/// So many instances of a version kept ready to run.
struct provisioned_concurrency {
  std::int64_t wanted = 0;
  /// Those there were before, as long as `ready_at` has not come.
  std::int64_t before = 0;
  fsm::timestamp asked_at{};
  fsm::timestamp ready_at{};

  [[nodiscard]] bool is_ready(fsm::timestamp now) const noexcept { return now >= ready_at; }
  [[nodiscard]] std::int64_t allocated(fsm::timestamp now) const noexcept {
    return is_ready(now) ? wanted : before;
  }
};

/// What hangs on a function beside its configuration: it is kept as the function's metadata, and
/// no update touches it.
struct attributes {
  /// The function's name, so that a list of metadata says whose each is.
  std::string function;
  /// The highest number of a version that was ever published; 0 = none was.
  std::uint32_t last_version = 0;
  boost::json::object tags{};
  std::map<std::string, alias> aliases{};
  std::optional<std::int64_t> reserved_concurrency{};
  /// By version or alias.
  std::map<std::string, provisioned_concurrency> provisioned{};
  /// Settings as they were given, by the member of the Lambda API and then by version, alias or
  /// "$LATEST".
  std::map<std::string, std::map<std::string, boost::json::object>> settings{};

  /// The setting, if there is one.
  [[nodiscard]] const boost::json::object* setting(const std::string& name,
                                                   const std::string& qualifier) const;
  void forget_setting(const std::string& name, const std::string& qualifier);
  /// Whether something is set for a version or alias.
  [[nodiscard]] bool has_any(const std::string& qualifier) const;
  /// Forgets all that is set for a version or alias.
  void forget(const std::string& qualifier);
};

/// Reads a function's metadata; empty attributes of that name when it has none. Throws what names
/// the function when a tag or a setting would not be written again as it was read.
[[nodiscard]] attributes parse_attributes(std::string_view function, const std::string& metadata);

/// The metadata to keep.
[[nodiscard]] std::string to_metadata(const attributes& what);

}  // namespace platform::wire
