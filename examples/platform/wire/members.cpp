#include "wire/members.hpp"

#include "wire/bad_start.hpp"

#include <boost/json/array.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse_options.hpp>
#include <boost/json/parser.hpp>

#include <algorithm>
#include <utility>

namespace platform::wire {

namespace json = boost::json;

namespace {

constexpr std::size_t body_depth_max = 32;
constexpr std::size_t payload_depth_max = 512;
// What else is wrong is left out: an answer must not outgrow its request.
constexpr std::size_t violations_max = 50;

std::string_view kind_name(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return "NULL_VALUE";
    case json::kind::bool_: return value.get_bool() ? "TRUE_VALUE" : "FALSE_VALUE";
    case json::kind::int64:
    case json::kind::uint64: return "NUMBER_VALUE";
    case json::kind::double_: return "DECIMAL_VALUE";
    case json::kind::string: return "STRING_VALUE";
    case json::kind::array: return "START_ARRAY";
    case json::kind::object: return "START_OBJECT";
  }
  return "UNKNOWN_VALUE";
}

// "line: 1, column: 7" of a byte.
std::string position_text(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto start = before.rfind('\n');
  const auto column = start == std::string_view::npos ? offset + 1 : offset - start;
  return "line: " + std::to_string(line) + ", column: " + std::to_string(column);
}

// A text that cannot be read beyond `used` bytes because of `detail`.
failure not_json(std::string_view prefix, std::string_view text, std::string detail,
                 std::size_t used) {
  if (auto start = find_bad_start(text)) {
    detail = std::move(start->detail);
    used = start->read;
  }
  // The words of the service's own parser.
  constexpr std::string_view source =
      "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); ";
  return {fault::invalid_request_content,
          std::string{prefix} + detail + std::string{source} + position_text(text, used) + "]",
          {}};
}

// In characters. JSON texts are UTF-8.
std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// Takes note of nothing.
struct ignoring_handler {
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  using error = json::error_code;
  bool on_document_begin(error&) { return true; }
  bool on_document_end(error&) { return true; }
  bool on_array_begin(error&) { return true; }
  bool on_array_end(std::size_t, error&) { return true; }
  bool on_object_begin(error&) { return true; }
  bool on_object_end(std::size_t, error&) { return true; }
  bool on_string_part(json::string_view, std::size_t, error&) { return true; }
  bool on_string(json::string_view, std::size_t, error&) { return true; }
  bool on_key_part(json::string_view, std::size_t, error&) { return true; }
  bool on_key(json::string_view, std::size_t, error&) { return true; }
  bool on_number_part(json::string_view, error&) { return true; }
  bool on_int64(std::int64_t, json::string_view, error&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, error&) { return true; }
  bool on_double(double, json::string_view, error&) { return true; }
  bool on_bool(bool, error&) { return true; }
  bool on_null(error&) { return true; }
  bool on_comment_part(json::string_view, error&) { return true; }
  bool on_comment(json::string_view, error&) { return true; }
};

}  // namespace

void problems::violation(std::string_view value, std::string_view path,
                         std::string_view constraint) {
  map_violation(value, path, "Member must " + std::string{constraint});
}

void problems::map_violation(std::string_view value, std::string_view path,
                             std::string_view constraint) {
  if (violations_.size() == violations_max) return;
  violations_.push_back("Value '" + std::string{value} + "' at '" + std::string{path} +
                        "' failed to satisfy constraint: " + std::string{constraint});
}

void problems::missing(std::string_view path) {
  if (violations_.size() == violations_max) return;
  violations_.push_back("Value null at '" + std::string{path} +
                        "' failed to satisfy constraint: Member must not be null");
}

void problems::wrong_type(const json::value& found, std::string_view path,
                          std::string_view wanted) {
  if (!wrong_type_.empty()) return;
  wrong_type_ = std::string{kind_name(found)} + " can not be converted to " + std::string{wanted} +
                " at '" + std::string{path} + "'";
}

void problems::refuse(fault what, std::string message) {
  if (!refusal_) refusal_ = failure{what, std::move(message), {}};
}

std::optional<failure> problems::verdict() const {
  auto shape = shape_verdict();
  return shape ? shape : refusal_;
}

std::optional<failure> problems::shape_verdict() const {
  if (!wrong_type_.empty()) return failure{fault::serialization, wrong_type_, {}};
  if (violations_.empty()) return std::nullopt;
  auto text =
      std::to_string(violations_.size()) +
      (violations_.size() == 1 ? " validation error detected: " : " validation errors detected: ");
  for (std::size_t i = 0; i < violations_.size(); ++i) {
    text += (i == 0 ? "" : "; ") + violations_[i];
  }
  return failure{fault::validation, std::move(text), {}};
}

void check_text(std::string_view value, std::string_view path, const text_rule& rule,
                problems& found) {
  if (length_of(value) > rule.length_max) {
    found.violation(value, path,
                    "have length less than or equal to " + std::to_string(rule.length_max));
  }
  if (length_of(value) < rule.length_min) {
    found.violation(value, path,
                    "have length greater than or equal to " + std::to_string(rule.length_min));
  }
  if (rule.matches && !rule.matches(value)) {
    found.violation(value, path,
                    "satisfy regular expression pattern: " + std::string{rule.pattern});
  }
  const auto& values = rule.values;
  if (!values.empty() && std::find(values.begin(), values.end(), value) == values.end()) {
    found.violation(value, path, "satisfy enum value set: " + list_text(values));
  }
}

const json::value* members::find(std::string_view name) const {
  const auto* value = object_.if_contains(name);
  return value && !value->is_null() ? value : nullptr;
}

std::string members::path(std::string_view name) const {
  auto result = path_ + std::string{name};
  auto& first = result[path_.size()];
  if (first >= 'A' && first <= 'Z') first = static_cast<char>(first - 'A' + 'a');
  return result;
}

std::optional<std::string> members::text(std::string_view name, const text_rule& rule) const {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  if (!value->is_string()) {
    found_.wrong_type(*value, path(name), "a String");
    return std::nullopt;
  }
  std::string result{value->get_string().data(), value->get_string().size()};
  check_text(result, path(name), rule, found_);
  return result;
}

std::optional<std::int64_t> members::integer(std::string_view name, std::int64_t min,
                                             std::int64_t max) const {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  if (!value->is_int64() && !value->is_uint64()) {
    found_.wrong_type(*value, path(name), "an Integer");
    return std::nullopt;
  }
  const bool huge = value->is_uint64();
  const auto shown =
      huge ? std::to_string(value->get_uint64()) : std::to_string(value->get_int64());
  const auto number = huge ? std::numeric_limits<std::int64_t>::max() : value->get_int64();
  if (number > max) {
    found_.violation(shown, path(name), "have value less than or equal to " + std::to_string(max));
  }
  if (number < min) {
    found_.violation(shown, path(name),
                     "have value greater than or equal to " + std::to_string(min));
  }
  return number;
}

std::optional<bool> members::flag(std::string_view name) const {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  if (value->is_bool()) return value->get_bool();
  found_.wrong_type(*value, path(name), "a Boolean");
  return std::nullopt;
}

std::optional<members> members::object(std::string_view name) const {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  if (value->is_object()) return members{value->get_object(), path(name) + ".", found_};
  found_.wrong_type(*value, path(name), "an Object");
  return std::nullopt;
}

std::optional<std::vector<std::string>> members::texts(std::string_view name) const {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  if (!value->is_array()) {
    found_.wrong_type(*value, path(name), "a List");
    return std::nullopt;
  }
  std::vector<std::string> result;
  for (const auto& each : value->get_array()) {
    if (!each.is_string()) {
      found_.wrong_type(each, path(name), "a String");
      return std::nullopt;
    }
    result.emplace_back(each.get_string().data(), each.get_string().size());
  }
  return result;
}

std::optional<std::vector<std::pair<std::string, std::string>>> members::map(
    std::string_view name) const {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  if (!value->is_object()) {
    found_.wrong_type(*value, path(name), "a Map");
    return std::nullopt;
  }
  std::vector<std::pair<std::string, std::string>> result;
  for (const auto& [key, each] : value->get_object()) {
    if (!each.is_string()) {
      found_.wrong_type(each, path(name), "a String");
      return std::nullopt;
    }
    result.emplace_back(std::string{key.data(), key.size()},
                        std::string{each.get_string().data(), each.get_string().size()});
  }
  return result;
}

void members::require(std::string_view name) const {
  if (!find(name)) found_.missing(path(name));
}

tl::expected<json::object, failure> parse_body(std::string_view body) {
  if (body.empty()) return json::object{};
  json::parser in{{}, json::parse_options{.max_depth = body_depth_max}};
  json::error_code problem;
  const auto used = in.write_some(body.data(), body.size(), problem);
  if (!problem && used < body.size()) problem = json::error::extra_data;
  if (problem) {
    return tl::make_unexpected(
        not_json("Could not parse request body into json: ", body, problem.message(), used));
  }
  auto value = in.release();
  if (value.is_object()) return std::move(value.get_object());
  problems found;
  found.wrong_type(value, "body", "an Object");
  return tl::make_unexpected(*found.verdict());
}

std::optional<failure> check_payload(std::string_view payload) {
  json::basic_parser<ignoring_handler> in{json::parse_options{.max_depth = payload_depth_max}};
  json::error_code problem;
  const auto used = in.write_some(false, payload.data(), payload.size(), problem);
  if (!problem && used < payload.size()) problem = json::error::extra_data;
  if (!problem) return std::nullopt;
  return not_json("Could not parse request body into json: Could not parse payload into json: ",
                  payload, problem.message(), used);
}

std::string list_text(std::span<const std::string> texts) {
  const std::vector<std::string_view> views{texts.begin(), texts.end()};
  return list_text(std::span<const std::string_view>{views});
}

std::string list_text(std::span<const std::string_view> texts) {
  std::string result = "[";
  for (std::size_t i = 0; i < texts.size(); ++i) result.append(i == 0 ? "" : ", ").append(texts[i]);
  return result + "]";
}

}  // namespace platform::wire
