#include "wire/event_stream.hpp"

#include <boost/crc.hpp>

#include <cstdint>

namespace platform::wire {

namespace {

// Two lengths and the checksum of both, in front; one more checksum at the end.
constexpr std::size_t prelude_bytes = 12;
constexpr std::size_t checksum_bytes = 4;
constexpr char string_type = 7;

void append_number(std::string& to, std::uint64_t number, unsigned bytes) {
  for (unsigned i = bytes; i > 0; --i) to.push_back(static_cast<char>(number >> 8U * (i - 1)));
}

void append_header(std::string& to, std::string_view name, std::string_view value) {
  append_number(to, name.size(), 1);
  to += name;
  to.push_back(string_type);
  append_number(to, value.size(), 2);
  to += value;
}

void append_checksum(std::string& to) {
  boost::crc_32_type sum;
  sum.process_bytes(to.data(), to.size());
  append_number(to, sum.checksum(), checksum_bytes);
}

}  // namespace

std::string stream_message(std::string_view event_type, std::string_view content_type,
                           std::string_view payload) {
  std::string headers;
  append_header(headers, ":event-type", event_type);
  append_header(headers, ":content-type", content_type);
  append_header(headers, ":message-type", "event");
  std::string result;
  append_number(result, prelude_bytes + headers.size() + payload.size() + checksum_bytes, 4);
  append_number(result, headers.size(), 4);
  append_checksum(result);
  result += headers;
  result += payload;
  append_checksum(result);
  return result;
}

}  // namespace platform::wire
