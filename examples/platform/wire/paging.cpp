#include "wire/paging.hpp"

#include "wire/digest.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace platform::wire {

namespace json = boost::json;

namespace {

constexpr std::string_view marker_head = "after:";

std::optional<std::uint64_t> parse_marker(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    unsigned byte = 0;
    const auto [rest, problem] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (problem != std::errc{} || rest != text.data() + i + 2) return std::nullopt;
    bytes.push_back(static_cast<char>(byte));
  }
  if (text.size() % 2 != 0 || !bytes.starts_with(marker_head)) return std::nullopt;
  return parse_number(std::string_view{bytes}.substr(marker_head.size()));
}

void read_limit(const std::string& text, std::uint64_t items_max, page_request& into,
                problems& found) {
  const auto number = parse_number(text);
  const bool negative = text.size() > 1 && text.front() == '-' && parse_number(text.substr(1));
  if (!number && !negative) {
    return found.wrong_type(json::string{text}, "maxItems", "an Integer");
  }
  if (negative || *number < 1) {
    return found.violation(text, "maxItems", "have value greater than or equal to 1");
  }
  if (*number > items_max) {
    return found.violation(text, "maxItems",
                           "have value less than or equal to " + std::to_string(items_max));
  }
  into.limit = std::min<std::size_t>(*number, into.limit);
}

}  // namespace

page_request read_page(const call& request, problems& found, std::uint64_t items_max) {
  page_request result;
  const auto& target = request.target();
  if (const auto* limit = target.parameter("MaxItems"))
    read_limit(*limit, items_max, result, found);
  if (const auto* marker = target.parameter("Marker"); marker && !marker->empty()) {
    const auto cursor = parse_marker(*marker);
    if (!cursor) found.refuse(fault::invalid_parameter_value, "Invalid Marker: " + *marker);
    result.cursor = cursor.value_or(0);
  }
  return result;
}

// Clients only hand markers back: what is in one is our business.
std::string to_marker(std::uint64_t cursor) {
  return hex_encode(std::string{marker_head} + std::to_string(cursor));
}

}  // namespace platform::wire
