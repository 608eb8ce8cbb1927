#include "wire/configuration.hpp"
#include "wire/digest.hpp"
#include "wire/members.hpp"
#include "wire/names.hpp"
#include "wire/operations.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace platform::wire {

namespace json = boost::json;

namespace {

constexpr std::size_t page_max = 50;
constexpr std::uint64_t items_max = 10'000;
constexpr std::string_view marker_head = "after:";

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc{} || rest != end) return std::nullopt;
  return number;
}

// Clients only hand markers back: what is in one is our business.
std::string to_marker(std::uint64_t cursor) {
  return hex_encode(std::string{marker_head} + std::to_string(cursor));
}

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

// What ListFunctions was asked for.
struct page_request {
  std::size_t limit = page_max;
  std::uint64_t cursor = 0;
  bool qualified = false;  // FunctionVersion=ALL: every version, by its qualified ARN.
};

void read_limit(const std::string& text, page_request& into, problems& found) {
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
  into.limit = std::min<std::size_t>(*number, page_max);
}

tl::expected<page_request, failure> read_page_request(const call& request) {
  const auto& target = request.target();
  page_request result;
  problems found;
  if (const auto* version = target.parameter("FunctionVersion")) {
    constexpr std::array<std::string_view, 1> versions{"ALL"};
    check_text(*version, "functionVersion", {.values = versions}, found);
    result.qualified = true;
  }
  if (const auto* limit = target.parameter("MaxItems")) read_limit(*limit, result, found);
  if (const auto* marker = target.parameter("Marker"); marker && !marker->empty()) {
    const auto cursor = parse_marker(*marker);
    if (!cursor) found.refuse(fault::invalid_parameter_value, "Invalid Marker: " + *marker);
    result.cursor = cursor.value_or(0);
  }
  if (auto wrong = found.verdict()) return tl::make_unexpected(*std::move(wrong));
  return result;
}

// A page whose functions are being read, one by one; the last one to arrive sends it.
struct page {
  call_ptr request;
  bool qualified = false;
  std::uint64_t cursor = 0;
  std::mutex mutex;
  std::vector<std::optional<json::object>> slots;
  std::atomic<std::size_t> missing = 0;

  void arrived(std::size_t position, const fsm::expected<fsm::function_view>& view) {
    if (view) put(position, *view);  // Else it was deleted meanwhile.
    if (missing.fetch_sub(1) == 1) send();
  }

  void put(std::size_t position, const fsm::function_view& view) {
    const auto& where = request->where();
    const function_target target{view.name, qualified ? "$LATEST" : "",
                                 fsm::arn("aws", where.region, where.account, view.name)};
    auto shown =
        configuration(where, target, view, parse_document(view.document), detail::in_lists);
    const std::lock_guard lock{mutex};
    slots[position] = std::move(shown);
  }

  void send() {
    json::array functions;
    for (auto& slot : slots) {
      if (slot) functions.push_back(*std::move(slot));
    }
    json::object body{{"Functions", std::move(functions)}};
    if (cursor != 0) body["NextMarker"] = to_marker(cursor);
    request->answer(200, body);
  }
};

}  // namespace

void list_functions(const call_ptr& request) {
  const auto wanted = read_page_request(*request);
  if (!wanted) return request->refuse(wanted.error());
  auto& functions = request->where().functions;
  fsm::list_request from{
      .pairs = {}, .prefix = {}, .limit = wanted->limit, .cursor = wanted->cursor};
  auto listed = functions.list(from);
  // A page may be empty and still not be the last; clients would stop there.
  while (listed && listed->functions.empty() && listed->cursor != 0) {
    from.cursor = listed->cursor;
    listed = functions.list(from);
  }
  if (!listed) return request->refuse(explain(listed.error(), {}));
  const auto result = std::make_shared<page>();
  result->request = request;
  result->qualified = wanted->qualified;
  result->cursor = listed->cursor;
  result->slots.resize(listed->functions.size());
  result->missing = listed->functions.size();
  if (listed->functions.empty()) return result->send();
  for (std::size_t i = 0; i < listed->functions.size(); ++i) {
    functions.get(
        listed->functions[i].name,
        [result, i](const fsm::expected<fsm::function_view>& view) { result->arrived(i, view); });
  }
}

}  // namespace platform::wire
