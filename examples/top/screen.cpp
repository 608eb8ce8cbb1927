#include "screen.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace top {

namespace json = boost::json;

namespace {

const json::value nothing;

const json::value& at(const json::object& from, std::string_view key) {
  const auto* found = from.if_contains(key);
  return found ? *found : nothing;
}

// Members of members; an empty object where there is none.
const json::object& object_at(const json::object& from, std::string_view key) {
  static const json::object none;
  const auto* found = at(from, key).if_object();
  return found ? *found : none;
}

double number(const json::object& from, std::string_view key) {
  json::error_code problem;
  const auto value = at(from, key).to_number<double>(problem);
  return problem ? 0 : value;
}

// 1234567 as 1,234,567.
std::string count(double value) {
  auto text = fmt::format("{:.0f}", value);
  for (auto i = static_cast<std::ptrdiff_t>(text.size()) - 3; i > 0; i -= 3)
    text.insert(static_cast<std::size_t>(i), 1, ',');
  return text;
}

std::string count(const json::object& from, std::string_view key) {
  return count(number(from, key));
}

std::string milliseconds(const json::object& from, std::string_view key) {
  return at(from, key).is_number() ? fmt::format("{:.0f} ms", number(from, key)) : "-";
}

// Texts come from elsewhere: nothing in them may move the cursor.
std::string text(const json::object& from, std::string_view key) {
  const auto* found = at(from, key).if_string();
  std::string result = found ? std::string{found->c_str(), found->size()} : "";
  std::replace_if(
      result.begin(), result.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }, '?');
  return result;
}

std::string situation(const json::object& pair) {
  auto result = text(pair, "state");
  const auto status = text(pair, "last_update_status");
  if (result.empty()) return "no function";
  return status.empty() ? result : result + ", " + status;
}

std::string rate(const std::optional<rates>& lately, double rates::*which) {
  return lately ? count(*lately.*which) + "/s" : "-";
}

std::vector<std::string> fitted(std::vector<std::string> lines, screen_size size) {
  if (lines.size() > size.rows) lines.resize(size.rows);
  for (auto& line : lines) {
    if (line.size() > size.columns) line.resize(size.columns);
  }
  return lines;
}

}  // namespace

rates rates_between(const json::object& before, const json::object& after) {
  const auto seconds = (number(after, "uptime_ms") - number(before, "uptime_ms")) / 1000;
  if (seconds <= 0) return {};
  const auto rate = [seconds](const json::object& a, const json::object& b, std::string_view key) {
    return std::max(0.0, (number(b, key) - number(a, key)) / seconds);
  };
  const auto& calls_before = object_at(before, "invocations");
  const auto& calls_after = object_at(after, "invocations");
  return {rate(before, after, "transitions"), rate(calls_before, calls_after, "admitted"),
          rate(calls_before, calls_after, "refused")};
}

std::vector<std::string> render(const json::object& overview, const std::optional<rates>& lately,
                                const std::string& status, screen_size size) {
  std::vector<std::string> lines;
  const auto add = [&lines](std::string line) { lines.push_back(std::move(line)); };
  const auto& states = object_at(overview, "states");
  const auto& updates = object_at(overview, "update_statuses");
  const auto& provisioning = object_at(overview, "provisioning");
  const auto& latency = object_at(provisioning, "latency_ms");
  const auto health = text(overview, "health");
  add(fmt::format("fsm-top  {}  {}{}", text(overview, "now"), status,
                  health == "ok" || health.empty() ? "" : "  STORE FAILED: " + health));
  if (overview.empty()) return fitted(std::move(lines), size);
  add("");
  add(fmt::format("functions     {:>12}   pending {}   active {}   inactive {}   failed {}",
                  count(overview, "functions"), count(states, "Pending"), count(states, "Active"),
                  count(states, "Inactive"), count(states, "Failed")));
  add(fmt::format("last updates  {:>12}   in progress {}   failed {}", "",
                  count(updates, "InProgress"), count(updates, "Failed")));
  add(fmt::format("transitions   {:>12}   {} since the start", rate(lately, &rates::transitions),
                  count(overview, "transitions")));
  add(fmt::format("invocations   {:>12}   refused {}", rate(lately, &rates::admitted),
                  rate(lately, &rates::refused)));
  add(fmt::format("provisioning  {:>12}   waiting {}   retries {}   median {}   99 % {}",
                  count(provisioning, "in_flight") + " now", count(provisioning, "queued"),
                  count(provisioning, "retries"), milliseconds(latency, "p50"),
                  milliseconds(latency, "p99")));
  add(fmt::format("waiters       {:>12}", count(overview, "waiters")));
  add("");
  add("FAILURES");
  const auto* failures = at(overview, "failures").if_array();
  if (!failures || failures->empty()) add("  none");
  if (failures) {
    for (const auto& each : *failures) {
      if (const auto* one = each.if_object())
        add(fmt::format("  {:<42} {:>10}", text(*one, "reason_code"), count(*one, "functions")));
    }
  }
  add("");
  add("LAST TRANSITIONS");
  if (const auto* recent = at(overview, "recent").if_array()) {
    for (const auto& each : *recent) {
      const auto* one = each.if_object();
      if (!one) continue;
      add(fmt::format("  {:.19}  {:<24} {:<20} {} {}", text(*one, "at"), text(*one, "name"),
                      text(*one, "event"), situation(object_at(*one, "to")),
                      text(*one, "reason_code")));
    }
  }
  return fitted(std::move(lines), size);
}

}  // namespace top
