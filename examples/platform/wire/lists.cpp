#include "wire/configuration.hpp"
#include "wire/members.hpp"
#include "wire/names.hpp"
#include "wire/operations.hpp"
#include "wire/paging.hpp"
#include <fsm/name.hpp>

#include <boost/json/array.hpp>

#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace platform::wire {

namespace json = boost::json;

namespace {

// What ListFunctions was asked for.
struct list_wanted {
  page_request page;
  bool versions = false;  // FunctionVersion=ALL: every version, by its qualified ARN.
};

tl::expected<list_wanted, failure> read_wanted(const call& request) {
  list_wanted result;
  problems found;
  if (const auto* version = request.target().parameter("FunctionVersion")) {
    constexpr std::array<std::string_view, 1> versions{"ALL"};
    check_text(*version, "functionVersion", {.values = versions}, found);
    result.versions = true;
  }
  result.page = read_page(request, found);
  if (auto wrong = found.verdict()) return tl::make_unexpected(*std::move(wrong));
  return result;
}

// What is listed, by the names that have a lifecycle.
struct listed {
  std::vector<std::string> names;
  std::uint64_t cursor = 0;
};

fsm::expected<listed> list_names(fsm::runtime& functions, const list_wanted& wanted) {
  listed result{.names = {}, .cursor = wanted.page.cursor};
  do {
    const auto page = functions.list({.pairs = {},
                                      .prefix = {},
                                      .limit = wanted.page.limit - result.names.size(),
                                      .cursor = result.cursor});
    if (!page) return fsm::unexpected(page.error());
    for (const auto& each : page->functions) {
      if (wanted.versions || fsm::is_function_name(each.name)) result.names.push_back(each.name);
    }
    result.cursor = page->cursor;
  } while (result.cursor != 0 && result.names.size() < wanted.page.limit);
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
    const auto parts = fsm::split_versioned_name(view.name);
    const std::string name{parts->function};
    const auto version = parts->version == 0 ? "$LATEST" : std::to_string(parts->version);
    const function_target target{name, qualified ? version : "",
                                 fsm::arn("aws", where.region, where.account, name)};
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
  const auto wanted = read_wanted(*request);
  if (!wanted) return request->refuse(wanted.error());
  auto& functions = request->where().functions;
  const auto found = list_names(functions, *wanted);
  if (!found) return request->refuse(explain(found.error(), {}));
  const auto result = std::make_shared<page>();
  result->request = request;
  result->qualified = wanted->versions;
  result->cursor = found->cursor;
  result->slots.resize(found->names.size());
  result->missing = found->names.size();
  if (found->names.empty()) return result->send();
  for (std::size_t i = 0; i < found->names.size(); ++i) {
    functions.get(found->names[i], [result, i](const fsm::expected<fsm::function_view>& view) {
      result->arrived(i, view);
    });
  }
}

}  // namespace platform::wire
