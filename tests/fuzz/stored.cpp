#include "fuzz.hpp"
#include <fsm/stored.hpp>

// Bytes that are read are written so that they are read as the same again; a value that is written
// is read back; what is added behind changes that field only; damage is told.

namespace fsm::fuzz {

namespace {

stored_function function_from(reader& from) {
  stored_function f;
  f.uid = from.number<std::uint64_t>() | 1U;
  f.lifecycle.pair = {static_cast<state>(from.byte()),
                      static_cast<last_update_status>(from.byte())};
  f.lifecycle.state_reason = static_cast<reason_code>(from.number<std::uint16_t>());
  f.lifecycle.update_reason = static_cast<reason_code>(from.number<std::uint16_t>());
  f.lifecycle.revision = from.number<std::uint32_t>();
  f.lifecycle.attempt = from.number<std::uint32_t>();
  f.lifecycle.since = timestamp{duration{from.number<std::int64_t>()}};
  f.lifecycle.version = from.number<std::uint32_t>();
  f.lifecycle.held = from.number<std::uint32_t>();
  f.created = timestamp{duration{from.number<std::int64_t>()}};
  f.last_used = timestamp{duration{from.number<std::int64_t>()}};
  f.last_sequence = from.number<std::uint64_t>();
  f.policy = from.byte();
  f.idle_after = duration{from.number<std::int64_t>()};
  f.history_place = from.byte();
  for (auto left = from.byte() % 4; left > 0; --left)
    f.releases_outstanding.push_back(from.number<std::uint32_t>());
  f.owner_epoch = from.number<std::uint64_t>();
  f.tenant = from.text();
  f.state_reason_text = from.text();
  f.update_reason_name = from.text();
  f.name = "f";
  f.name += from.rest();
  return f;
}

template <class Decode>
void check_bytes(std::string_view bytes, Decode decode) {
  const auto read = decode(bytes);
  if (!read) {
    check(read.error().code == errc::internal && !read.error().message.empty(), "damage is told");
    return;
  }
  const std::string written = encode(*read);
  const auto again = decode(written);
  check(again && *again == *read, "what was read is read again");
  check(encode(*again) == written, "the same value gives the same bytes");
}

void check_function(const stored_function& f) {
  std::string bytes = encode(f);
  const auto read = decode_function(bytes);
  check(read && *read == f, "a function is read as it was written");
  auto expected = f;
  expected.last_sequence = f.last_sequence ^ 0xFFU;
  add_last_sequence(bytes, expected.last_sequence);
  const auto changed = decode_function(bytes);
  check(changed && *changed == expected, "an added sequence changes nothing else");
}

}  // namespace

void stored(std::string_view input) {
  check_bytes(input, [](std::string_view b) { return decode_function(b); });
  check_bytes(input, [](std::string_view b) { return decode_transition(b); });
  reader from{input};
  check_function(function_from(from));
}

}  // namespace fsm::fuzz
