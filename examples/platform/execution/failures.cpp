#include "execution/failures.hpp"

#include "cut_text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <sys/wait.h>

namespace platform::execution {

namespace json = boost::json;

namespace {

constexpr std::size_t summary_bytes_max = 256;
// What a shell, and bwrap, give for a process that a signal has ended.
constexpr int signal_base = 128;

std::string signal_text(int number) {
  std::string name = ::strsignal(number);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return "Runtime exited with error: signal: " + name;
}

std::string text_of(const json::object& object, std::string_view member) {
  const auto* value = object.if_contains(member);
  return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

}  // namespace

std::string error_payload(std::string_view type, std::string_view message,
                          const std::string& request_id) {
  return json::serialize(json::object{
      {"errorType", type},
      {"errorMessage", "RequestId: " + request_id + " Error: " + std::string{message}}});
}

invoke::outcome outcome_of(const start_failure& what, const std::string& request_id) {
  invoke::outcome result;
  result.log = what.log;
  if (what.platform_failed) {
    result.broken = what.message;
    result.no_room = what.no_room;
    return result;
  }
  result.function_error = "Unhandled";
  result.payload =
      what.said.empty() ? error_payload(what.type, what.message, request_id) : what.said;
  return result;
}

std::string exit_text(int status) {
  if (WIFSIGNALED(status)) return signal_text(WTERMSIG(status));
  const int code = WEXITSTATUS(status);
  if (code == 0) return "Runtime exited without providing a reason";
  if (code > signal_base && code <= signal_base + SIGRTMAX) return signal_text(code - signal_base);
  return "Runtime exited with error: exit status " + std::to_string(code);
}

std::string summary_of(const std::string& report) {
  json::error_code problem;
  const auto value = json::parse(report, problem);
  const auto* object = problem ? nullptr : value.if_object();
  auto result = object ? text_of(*object, "errorType") + ": " + text_of(*object, "errorMessage")
                       : std::string{"The function failed to start."};
  std::replace_if(
      result.begin(), result.end(), [](unsigned char c) { return c < ' '; }, ' ');
  result.resize(cut_text(result, summary_bytes_max).size());
  return result;
}

}  // namespace platform::execution
