#include "call_tally.hpp"

#include "report.hpp"

#include <boost/json.hpp>

#include <cstdio>

namespace bench {
namespace {

std::string percent(std::uint64_t part, std::uint64_t whole) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g %%",
                100.0 * static_cast<double>(part) / static_cast<double>(whole));
  return text;
}

std::string_view answer_name(std::size_t answer) noexcept {
  return answer == 0 ? "accepted" : fsm::to_string(static_cast<fsm::errc>(answer));
}

}  // namespace

bool is_failure(call_kind kind, fsm::errc why) noexcept {
  using enum fsm::errc;
  if (why == none || why == too_many_requests) return false;
  switch (kind) {
    case call_kind::invoke:
      return why != not_found && why != function_pending && why != function_initializing;
    case call_kind::update:
      return why != not_found && why != update_in_progress && why != state_conflict;
    case call_kind::get:
    case call_kind::remove: return why != not_found;
    case call_kind::create: return why != already_exists;
    case call_kind::list: return true;
  }
  return true;
}

void call_tally::merge(const call_tally& other) noexcept {
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    for (std::size_t how = 0; how < answers; ++how) counts_[kind][how] += other.counts_[kind][how];
  }
}

std::uint64_t call_tally::total(call_kind kind) const noexcept {
  std::uint64_t sum = 0;
  for (const auto each : counts_[at(kind)]) sum += each;
  return sum;
}

std::uint64_t call_tally::total() const noexcept {
  std::uint64_t sum = 0;
  for (std::size_t kind = 0; kind < kinds; ++kind) sum += total(static_cast<call_kind>(kind));
  return sum;
}

double call_tally::throttled() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& each : counts_) sum += each[at(fsm::errc::too_many_requests)];
  return sum == 0 ? 0 : static_cast<double>(sum) / static_cast<double>(total());
}

std::vector<std::string> call_tally::to_lines() const {
  std::vector<std::string> lines;
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    const auto calls = total(static_cast<call_kind>(kind));
    if (calls == 0) continue;
    auto line = std::string{call_kind_names[kind]} + " " + with_commas(static_cast<double>(calls)) +
                " (" + percent(calls, total()) + "):";
    for (std::size_t how = 0; how < answers; ++how) {
      const auto count = counts_[kind][how];
      if (count == 0) continue;
      line.append(line.back() == ':' ? " " : ", ")
          .append(answer_name(how))
          .append(" ")
          .append(percent(count, calls));
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string call_tally::to_json() const {
  boost::json::object all;
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    boost::json::object one;
    for (std::size_t how = 0; how < answers; ++how) {
      if (how == 0 || counts_[kind][how] > 0) one[answer_name(how)] = counts_[kind][how];
    }
    all[call_kind_names[kind]] = std::move(one);
  }
  return boost::json::serialize(all);
}

}  // namespace bench
