#pragma once

#include "wire/call.hpp"
#include "wire/members.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace platform::wire {

/// The part of a list that a request wants.
struct page_request {
  /// At most 50, however many were asked for.
  std::size_t limit = 50;
  /// Where the last page ended; 0 = at the start.
  std::uint64_t cursor = 0;
};

/// Reads `MaxItems` (1 to `items_max`) and `Marker`.
[[nodiscard]] page_request read_page(const call& request, problems& found,
                                     std::uint64_t items_max = 10'000);

/// What a client hands back to go on at `cursor`.
[[nodiscard]] std::string to_marker(std::uint64_t cursor);

/// A page of a map, as the array `member` of an answer that says how to go on: each entry as `show`
/// makes it of key and value.
template <class Entries, class Show>
[[nodiscard]] boost::json::object to_page(const Entries& entries, const page_request& wanted,
                                          std::string_view member, Show show) {
  boost::json::object result;
  auto& items = result[member].emplace_array();
  std::uint64_t next = 0;
  for (const auto& [key, value] : entries) {
    if (next++ < wanted.cursor) continue;
    if (items.size() == wanted.limit) {
      result["NextMarker"] = to_marker(next - 1);
      break;
    }
    items.push_back(show(key, value));
  }
  return result;
}

}  // namespace platform::wire
