#include "wire/chunked_body.hpp"

#include "fuzz.hpp"

#include <string>
#include <vector>

// A body that is taken out of its chunks is what the chunks had, in their order; whatever chunks a
// body is packed in, it is the same; a check that fails is believed.

namespace fsm::fuzz {

namespace {

namespace wire = platform::wire;

void check_any_bytes(std::string_view input) {
  std::string body{input};
  std::string chunks;
  std::size_t count = 0;
  const auto wrong = wire::unpack_chunks(body, [&](std::string_view chunk, std::string_view) {
    chunks += chunk;
    ++count;
    return true;
  });
  if (wrong) {
    check(wrong->message.find("byte ") != std::string::npos, "the error says where");
    return;
  }
  check(body == chunks, "the body is its chunks");
  std::string refused{input};
  const auto failed = wire::unpack_chunks(
      refused, [&](std::string_view, std::string_view) { return --count != 0; });
  check(failed.has_value(), "a wrong signature is an error");
}

void check_packed(std::string_view input) {
  reader from{input};
  std::string body;
  std::string packed;
  std::vector<std::string> signatures;
  const auto add = [&](std::string_view chunk) {
    static constexpr std::string_view digits = "0123456789abcdef";
    signatures.emplace_back(from.byte() % 2 == 0 ? "" : "5167");
    const std::size_t size = chunk.size();
    if (size > 15) packed += digits[size / 16];
    packed += digits[size % 16];
    if (!signatures.back().empty()) packed += ";chunk-signature=" + signatures.back();
    packed += "\r\n";
    packed.append(chunk).append("\r\n");
    body += chunk;
  };
  while (!from.at_end()) {
    if (const auto chunk = from.text(); !chunk.empty()) add(chunk);
  }
  add({});
  std::size_t next = 0;
  const auto wrong = wire::unpack_chunks(packed, [&](std::string_view, std::string_view signature) {
    return signature == signatures[next++];
  });
  check(!wrong && packed == body, "a packed body is unpacked");
  check(next == signatures.size(), "every chunk is checked");
}

}  // namespace

void chunked_body(std::string_view input) {
  check_any_bytes(input);
  check_packed(input);
}

}  // namespace fsm::fuzz
