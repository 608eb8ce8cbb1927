#include "logs.hpp"

#include "times.hpp"
#include <fsm/quoted.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <utility>

namespace platform {

namespace json = boost::json;

namespace {

// Keys are such words; a '=' in the message itself must not make one.
bool is_key(std::string_view text) {
  return !text.empty() && text.front() >= 'a' && text.front() <= 'z' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

// JSON must be UTF-8, and values may be anything.
json::string readable(std::string_view text) {
  json::string result{text.data(), text.size()};
  json::error_code problem;
  static_cast<void>(json::parse(json::serialize(result), problem));
  if (!problem) return result;
  std::replace_if(
      result.begin(), result.end(), [](char c) { return (c & 0x80) != 0; }, '?');
  return result;
}

json::value plain_value(std::string_view text) {
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, number);
  const bool whole = problem == std::errc{} && rest == end;
  const bool canonical = whole && std::to_string(number) == text;
  return canonical ? json::value(number) : json::value(readable(text));
}

// Takes " key=value" from the front, if there is one.
bool take_pair(std::string_view& rest, json::object& into) {
  auto text = rest;
  if (!text.starts_with(' ')) return false;
  text.remove_prefix(1);
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || !is_key(text.substr(0, equals))) return false;
  const auto key = text.substr(0, equals);
  text.remove_prefix(equals + 1);
  std::string value;
  if (fsm::take_quoted(text, value)) {
    into[key] = readable(value);
  } else {
    const auto word = text.substr(0, text.find(' '));
    into[key] = plain_value(word);
    text.remove_prefix(word.size());
  }
  rest = text;
  return true;
}

// All of `rest` as pairs, or nothing.
std::optional<json::object> take_pairs(std::string_view rest) {
  json::object pairs;
  while (!rest.empty()) {
    if (!take_pair(rest, pairs)) return std::nullopt;
  }
  return pairs;
}

void add_message(std::string_view payload, json::object& into) {
  for (auto at = payload.find(' '); at != std::string_view::npos; at = payload.find(' ', at + 1)) {
    auto pairs = take_pairs(payload.substr(at));
    if (!pairs) continue;
    into["message"] = readable(payload.substr(0, at));
    for (auto& [key, value] : *pairs) {
      if (!into.contains(key)) into[key] = std::move(value);
    }
    return;
  }
  into["message"] = readable(payload);
}

std::string_view level_name(spdlog::level::level_enum level) {
  const auto name = spdlog::level::to_string_view(level);
  return {name.data(), name.size()};
}

class json_format final : public spdlog::formatter {
public:
  void format(const spdlog::details::log_msg& what, spdlog::memory_buf_t& to) override {
    json::object line{
        {"time", iso_text(std::chrono::floor<fsm::duration>(what.time))},
        {"level", level_name(what.level)},
        {"component", std::string_view{what.logger_name.data(), what.logger_name.size()}}};
    add_message({what.payload.data(), what.payload.size()}, line);
    auto text = json::serialize(line);
    text += '\n';
    to.append(text.data(), text.data() + text.size());
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<json_format>();
  }
};

std::optional<spdlog::level::level_enum> parse_level(std::string_view text) {
  using enum spdlog::level::level_enum;
  for (const auto level : {trace, debug, info, warn, err, off}) {
    const bool is_it = level_name(level) == text || (level == warn && text == "warn");
    if (is_it) return level;
  }
  return std::nullopt;
}

}  // namespace

std::optional<decltype(log_settings::levels)> parse_log_levels(std::string_view text) {
  auto levels = log_settings{}.levels;
  for (;;) {
    const auto part = text.substr(0, text.find(','));
    const auto equals = part.find('=');
    const auto level =
        parse_level(equals == std::string_view::npos ? part : part.substr(equals + 1));
    if (!level) return std::nullopt;
    if (equals == std::string_view::npos) {
      levels.fill(*level);
    } else {
      const auto* name =
          std::find(component_names.begin(), component_names.end(), part.substr(0, equals));
      if (name == component_names.end()) return std::nullopt;
      levels[static_cast<std::size_t>(name - component_names.begin())] = *level;
    }
    if (part.size() == text.size()) return levels;
    text.remove_prefix(part.size() + 1);
  }
}

std::unique_ptr<spdlog::formatter> make_text_format() {
  return std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %l %n: %v",
                                                     spdlog::pattern_time_type::utc);
}

std::unique_ptr<spdlog::formatter> make_json_format() { return std::make_unique<json_format>(); }

logs::logs(const log_settings& how) : how_{how} {
  const auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  sink->set_formatter(how.json ? make_json_format() : make_text_format());
  for (std::size_t i = 0; i < loggers_.size(); ++i) {
    loggers_[i] = std::make_shared<spdlog::logger>(std::string{component_names[i]}, sink);
    loggers_[i]->set_level(how.levels[i]);
  }
}

void logs::hush(bool quiet) {
  for (std::size_t i = 0; i < loggers_.size(); ++i)
    loggers_[i]->set_level(quiet ? std::max(how_.levels[i], spdlog::level::warn) : how_.levels[i]);
}

void logs::announce(std::string_view message, std::string_view key, std::string_view value) const {
  if (!how_.json) {
    std::cerr << message << ": " << value << std::endl;
    return;
  }
  const auto now = std::chrono::floor<fsm::duration>(std::chrono::system_clock::now());
  std::cerr << json::serialize(json::object{{"time", iso_text(now)},
                                            {"level", "info"},
                                            {"component", component_names[0]},
                                            {"message", message},
                                            {key, value}})
            << std::endl;
}

}  // namespace platform
