#include "http/head_text.hpp"

#include <fmt/chrono.h>

#include <chrono>
#include <ctime>

namespace platform::http {

namespace {

// The time of the world outside, as HTTP has it. Made once in a second and on a thread.
const std::string& date_text() {
  thread_local std::time_t made_at = -1;
  thread_local std::string text;
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  if (now != made_at) text = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(now));
  made_at = now;
  return text;
}

}  // namespace

std::string head_text(const response& what) {
  constexpr std::size_t usual_bytes = 256;
  std::string text;
  text.reserve(usual_bytes);
  const auto add = [&](boost::beast::string_view part) { text.append(part.data(), part.size()); };
  add(what.version() == 10 ? "HTTP/1.0 " : "HTTP/1.1 ");
  add(std::to_string(what.result_int()));
  add(" ");
  add(what.reason());
  add("\r\nDate: ");
  add(date_text());
  add("\r\n");
  for (const auto& each : what) {
    add(each.name_string());
    add(": ");
    add(each.value());
    add("\r\n");
  }
  add("\r\n");
  return text;
}

}  // namespace platform::http
