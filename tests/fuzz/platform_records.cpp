#include "fuzz.hpp"
#include "invoke/event.hpp"
#include "wire/attributes.hpp"

#include <exception>
#include <string>

// What the platform keeps beside the functions: what hangs on one, and the invocations that wait.
// What is read is written so that it is read as the same again; what is no record is refused.

namespace fsm::fuzz {

namespace {

namespace invoke = platform::invoke;
namespace wire = platform::wire;

void check_event(std::string_view text) {
  const auto read = invoke::read_event(7, text);
  if (!read) return;
  const auto written = invoke::write_event(*read);
  const auto again = invoke::read_event(7, written);
  check(again.has_value(), "an event that is written is read");
  check(invoke::write_event(*again) == written, "it is the same event");
}

void check_attributes(const std::string& text) {
  wire::attributes read;
  try {
    read = wire::parse_attributes("f", text);
  } catch (const std::exception&) {
    return;  // Not metadata: what reads it tells the operator.
  }
  for (const auto& [name, alias] : read.aliases) {
    for (const auto& [version, weight] : alias.weights) {
      if (!(weight >= 0 && weight <= 1)) return;  // No share, and never written.
    }
  }
  const auto written = wire::to_metadata(read);
  const auto again = wire::parse_attributes("g", written);
  check(wire::to_metadata(again) == written, "what hangs on a function stays as it is");
  check(again.aliases.size() == read.aliases.size() && again.function == read.function &&
            again.reserved_concurrency == read.reserved_concurrency,
        "nothing of it is lost");
}

}  // namespace

void platform_records(std::string_view input) {
  check_event(input);
  check_attributes(std::string{input});
}

}  // namespace fsm::fuzz
