#include "times.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>

namespace platform {

namespace {

struct unit {
  std::string_view name;
  std::int64_t milliseconds;
};

// Largest first.
constexpr std::array units{unit{"d", 86'400'000}, unit{"h", 3'600'000}, unit{"m", 60'000},
                           unit{"s", 1'000}, unit{"ms", 1}};
constexpr std::int64_t milliseconds_max = 36'500 * units[0].milliseconds;

const unit* find_unit(std::string_view name) {
  for (const auto& each : units) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

// What a year of four digits can say: damaged records say more.
constexpr fsm::timestamp earliest = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
constexpr fsm::timestamp latest =
    std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1} - std::chrono::milliseconds{1};

// Date, time and milliseconds of `when`, then `zone`.
std::string render(fsm::timestamp when, bool show_milliseconds, std::string_view zone) {
  when = std::clamp(when, earliest, latest);
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{when - day};
  const auto milliseconds = show_milliseconds ? time.subseconds().count() : 0;
  std::array<char, 64> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03d%.*s", int{date.year()},
      unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
      static_cast<int>(milliseconds), static_cast<int>(zone.size()), zone.data());
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

std::optional<fsm::duration> parse_duration(std::string_view text) {
  std::uint64_t count = 0;
  const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (problem != std::errc{}) return std::nullopt;
  const auto* found = find_unit(text.substr(static_cast<std::size_t>(rest - text.data())));
  if (!found) return std::nullopt;
  if (count > static_cast<std::uint64_t>(milliseconds_max / found->milliseconds))
    return std::nullopt;
  return fsm::duration{static_cast<std::int64_t>(count) * found->milliseconds};
}

std::string duration_text(fsm::duration span) {
  for (const auto& each : units) {
    if (span.count() != 0 && span.count() % each.milliseconds == 0) {
      return std::to_string(span.count() / each.milliseconds).append(each.name);
    }
  }
  return "0ms";
}

std::string iso_text(fsm::timestamp when) { return render(when, true, "Z"); }

std::string last_modified_text(fsm::timestamp when) { return render(when, false, "+0000"); }

std::string seconds_text(fsm::timestamp when) {
  auto result = last_modified_text(when);
  return result.erase(result.find('.'), std::string_view{".000"}.size());
}

}  // namespace platform
