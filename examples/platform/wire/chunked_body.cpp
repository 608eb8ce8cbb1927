#include "wire/chunked_body.hpp"

#include "wire/signature.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace platform::wire {

namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view signature_key = "chunk-signature=";

failure broken_at(std::size_t place) {
  return {fault::invalid_request_content,
          "The aws-chunked body is broken at byte " + std::to_string(place) + ".",
          {}};
}

// SIZE or SIZE;chunk-signature=SIGNATURE
struct chunk_head {
  std::size_t size = 0;
  std::string_view signature;
};

std::optional<chunk_head> read_head(std::string_view line) {
  chunk_head result;
  const auto digits = line.substr(0, line.find(';'));
  const auto* end = digits.data() + digits.size();
  const auto [rest, problem] = std::from_chars(digits.data(), end, result.size, 16);
  if (problem != std::errc{} || rest != end) return std::nullopt;
  line.remove_prefix(digits.size());
  if (line.empty()) return result;
  line.remove_prefix(1);
  if (!line.starts_with(signature_key)) return std::nullopt;
  result.signature = line.substr(signature_key.size());
  return result;
}

}  // namespace

std::optional<failure> unpack_chunks(std::string& body, const chunk_check& check) {
  std::size_t from = 0;
  std::size_t to = 0;
  for (;;) {
    const auto end = body.find(line_end, from);
    if (end == std::string::npos) return broken_at(from);
    const auto head = read_head(std::string_view{body}.substr(from, end - from));
    if (!head) return broken_at(from);
    const auto data = end + line_end.size();
    const bool last = head->size == 0;
    if (head->size > body.size() - data) return broken_at(from);
    if (!last && body.compare(data + head->size, line_end.size(), line_end) != 0) {
      return broken_at(data + head->size);
    }
    if (!check(std::string_view{body}.substr(data, head->size), head->signature)) {
      return wrong_signature();
    }
    if (last) break;
    std::copy_n(body.begin() + static_cast<std::ptrdiff_t>(data), head->size,
                body.begin() + static_cast<std::ptrdiff_t>(to));
    to += head->size;
    from = data + head->size + line_end.size();
  }
  body.resize(to);
  return std::nullopt;
}

}  // namespace platform::wire
