#pragma once

#include "wire/errors.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// \file
/// Reading request bodies: types are taken strictly, and every violated constraint is reported, all
/// in one message, in the words of the service.

namespace platform::wire {

/// What is wrong with a request. Takes note of the first 50 violations.
class problems {
public:
  /// `value` at `path` breaks a constraint: "have length less than or equal to 64".
  void violation(std::string_view value, std::string_view path, std::string_view constraint);
  /// A map at `path` does: "Map keys must satisfy constraint: [...]".
  void map_violation(std::string_view value, std::string_view path, std::string_view constraint);
  /// The member at `path` is missing.
  void missing(std::string_view path);
  /// The member at `path` has another JSON type than `wanted` ("a String").
  void wrong_type(const boost::json::value& found, std::string_view path, std::string_view wanted);
  /// Anything else. The first one counts, after the violations.
  void refuse(fault what, std::string message);

  /// The error to answer with, if anything is wrong: types first, then violations, then the rest.
  [[nodiscard]] std::optional<failure> verdict() const;
  /// The same without the rest: what can be said before anything is looked up.
  [[nodiscard]] std::optional<failure> shape_verdict() const;
  [[nodiscard]] bool empty() const noexcept { return !verdict(); }

private:
  std::string wrong_type_;
  std::vector<std::string> violations_;
  std::optional<failure> refusal_;
};

/// What a text must look like.
struct text_rule {
  std::size_t length_min = 0;
  std::size_t length_max = std::numeric_limits<std::size_t>::max();
  /// The allowed texts; empty = any.
  std::span<const std::string_view> values{};
  /// Whether it matches the pattern; null = any.
  bool (*matches)(std::string_view) = nullptr;
  /// The pattern as it is printed.
  std::string_view pattern{};
};

/// Reports what `rule` has against `value`.
void check_text(std::string_view value, std::string_view path, const text_rule& rule,
                problems& found);

/// The members of one JSON object of a request. A member that is null counts as absent.
class members {
public:
  /// `path` is where the object is: "" for the body, "vpcConfig." inside of it.
  members(const boost::json::object& object, std::string path, problems& found)
      : object_{object}, path_{std::move(path)}, found_{found} {}

  [[nodiscard]] const boost::json::value* find(std::string_view name) const;
  /// The member's path as the service prints it: in lower camel case.
  [[nodiscard]] std::string path(std::string_view name) const;

  [[nodiscard]] std::optional<std::string> text(std::string_view name,
                                                const text_rule& rule = {}) const;
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name, std::int64_t min,
                                                    std::int64_t max) const;
  [[nodiscard]] std::optional<bool> flag(std::string_view name) const;
  [[nodiscard]] std::optional<members> object(std::string_view name) const;
  [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view name) const;
  /// An object whose members are all texts, in their order.
  [[nodiscard]] std::optional<std::vector<std::pair<std::string, std::string>>> map(
      std::string_view name) const;
  /// Reports the member as missing if it is.
  void require(std::string_view name) const;

  [[nodiscard]] problems& found() const noexcept { return found_; }

private:
  const boost::json::object& object_;
  std::string path_;
  problems& found_;
};

/// The body of a request as a JSON object. An empty body is an empty object.
[[nodiscard]] tl::expected<boost::json::object, failure> parse_body(std::string_view body);

/// Whether the text is JSON, and if not what the service says about it. Builds nothing.
[[nodiscard]] std::optional<failure> check_payload(std::string_view payload);

/// "[a, b]"
[[nodiscard]] std::string list_text(std::span<const std::string> texts);
[[nodiscard]] std::string list_text(std::span<const std::string_view> texts);

}  // namespace platform::wire
