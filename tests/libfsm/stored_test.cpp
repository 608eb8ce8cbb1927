#include <fsm/stored.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

using Catch::Matchers::ContainsSubstring;
using namespace std::string_literals;
using fsm::reason_code;
using fsm::stored_function;
using fsm::stored_transition;
using fsm::timestamp;

namespace {

timestamp at(std::int64_t milliseconds) {
  return timestamp{std::chrono::milliseconds{milliseconds}};
}

stored_function some_function() {
  stored_function f;
  f.uid = 7'000'000'000;
  f.name = "resize";
  f.tenant = "acme";
  f.lifecycle.pair = fsm::pairs::idle_update_failed;
  f.lifecycle.state_reason = reason_code::idle;
  f.lifecycle.update_reason = reason_code::invalid_image;
  f.lifecycle.revision = 9;
  f.lifecycle.version = 2;
  f.lifecycle.attempt = 5;
  f.lifecycle.held = 4;
  f.lifecycle.since = at(1'700'000'000'123);
  f.state_reason_text = "asleep";
  f.update_reason_text = "not UTF-8: \xFF\xFE"s + '\0' + "!";
  f.state_reason_name = "Hibernating";
  f.update_reason_name = "Rotten";
  f.created = at(1'600'000'000'000);
  f.changed = at(1'650'000'000'000);
  f.last_used = at(1'690'000'000'000);
  f.last_sequence = 123'456'789'012;
  f.policy = 255;
  f.releases_outstanding = {1, 3, 4'294'967'295};
  f.owner_epoch = 18'446'744'073'709'551'615U;
  return f;
}

stored_transition some_transition() {
  stored_transition t;
  t.sequence = 42;
  t.previous = 17;
  t.uid = 7;
  t.at = at(1'700'000'000'123);
  t.event = fsm::event::restore_failed;
  t.cause = fsm::cause::provider;
  t.from = fsm::pairs::restoring;
  t.to = fsm::pairs::idle;
  t.reason = reason_code::subnet_out_of_ip_addresses;
  t.reason_text = "none left in subnet-1";
  t.reason_name = "Unheard";
  t.revision = 12;
  return t;
}

// Just enough of the wire format to write fields by hand.
std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7U) bytes += static_cast<char>((value & 0x7FU) | 0x80U);
  return bytes + static_cast<char>(value);
}
std::string number_field(std::uint64_t field, std::uint64_t value) {
  return varint(field << 3U) + varint(value);
}
std::string text_field(std::uint64_t field, const std::string& text) {
  return varint(field << 3U | 2U) + varint(text.size()) + text;
}

const std::string minimal_function = number_field(1, 1) + number_field(2, 7) + text_field(3, "a");
const std::string minimal_transition = number_field(1, 1) + number_field(4, 7) + number_field(6, 1);

std::string refusal_of(const std::string& bytes) {
  const auto result = fsm::decode_function(bytes);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == fsm::errc::internal);
  return result.error().message;
}

std::string schema() {
  std::ifstream file{FSM_SOURCE_DIR "/libfsm/proto/fsm/v1/function.proto"};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// The number of a schema's enumerator that is called `prefix` + `name` but for case, '_' and '.'.
std::string number_in_schema(const std::string& prefix, std::string_view name) {
  const auto plain = [](std::string_view text) {
    std::string result;
    for (const char c : text) {
      if (c != '_' && c != '.')
        result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return result;
  };
  const auto text = schema();
  for (auto at = text.find("  " + prefix); at != std::string::npos;
       at = text.find("  " + prefix, at + 1)) {
    const auto end = text.find(" = ", at);
    if (plain(text.substr(at + 2, end - at - 2)) != plain(prefix) + plain(name)) continue;
    return text.substr(end + 3, text.find(';', end) - end - 3);
  }
  return "not found";
}

}  // namespace

TEST_CASE("a function survives storing with every field", "[stored]") {
  const auto function = some_function();
  const auto again = fsm::decode_function(encode(function));
  REQUIRE(again);
  CHECK((*again == function));
}

TEST_CASE("a transition survives storing with every field", "[stored]") {
  const auto transition = some_transition();
  const auto again = fsm::decode_transition(encode(transition));
  REQUIRE(again);
  CHECK((*again == transition));
}

TEST_CASE("what is known last is put behind the bytes, and counts", "[stored]") {
  const auto before = some_function();
  std::string bytes = "kept";
  encode(before, bytes);
  fsm::add_last_sequence(bytes, 1'000'000'007);
  fsm::add_owner_epoch(bytes, 300);
  REQUIRE(bytes.starts_with("kept"));
  auto expected = before;
  expected.last_sequence = 1'000'000'007;
  expected.owner_epoch = 300;
  const auto function = fsm::decode_function(std::string_view{bytes}.substr(4));
  REQUIRE(function);
  CHECK((*function == expected));

  auto what = some_transition();
  bytes = encode(what);
  fsm::add_sequence(bytes, 1'000'000'008, 0);
  fsm::add_name(bytes, "another");
  what.sequence = 1'000'000'008;
  what.previous = 0;
  what.name = "another";
  const auto transition = fsm::decode_transition(bytes);
  REQUIRE(transition);
  CHECK((*transition == what));
}

TEST_CASE("every event, cause, pair and reason survives storing", "[stored]") {
  auto t = some_transition();
  for (std::size_t number = 0; number < fsm::event_count; ++number) {
    t.event = static_cast<fsm::event>(number);
    t.cause = static_cast<fsm::cause>(number % 6);
    t.from = fsm::legal_pairs[number % fsm::legal_pairs.size()];
    t.to = fsm::legal_pairs[(number + 3) % fsm::legal_pairs.size()];
    t.reason = fsm::all_reason_codes[number * 2 % fsm::all_reason_codes.size()];
    CHECK((fsm::decode_transition(encode(t)) == t));
  }
}

TEST_CASE("a function that holds only what it must is read with all else empty", "[stored]") {
  const auto function = fsm::decode_function(minimal_function);
  REQUIRE(function);
  stored_function expected;
  expected.uid = 7;
  expected.name = "a";
  CHECK((*function == expected));
  CHECK(encode(*function) == minimal_function);
}

TEST_CASE("the bytes stay as they are for ever", "[stored]") {
  stored_function f;
  f.uid = 300;
  f.name = "a";
  f.lifecycle.pair = fsm::pairs::updating;
  f.lifecycle.update_reason = reason_code::creating;
  f.lifecycle.attempt = 2;
  f.policy = 1;
  CHECK(encode(f) ==
        "\x08\x01\x10\xAC\x02\x1A\x01"
        "a"
        "\x20\x02\x28\x01\x38\x02\x48\x02\x98\x01\x01");
  CHECK(encode(some_transition()) ==
        "\x08\x01\x10\x2A\x18\x11\x20\x07\x28\xFB\xD0\x95\xFF\xBC\x31\x30\x13\x38\x03\x40\x01\x48"
        "\x02\x50\x03"
        "\x58\x02\x60\x08\x68\x0C\x82\x01\x15none left in subnet-1\x8A\x01\x07Unheard");
}

TEST_CASE("the numbers in the schema are the numbers in the library", "[stored]") {
  for (const auto value : fsm::all_states) {
    if (value == fsm::state::none) continue;
    CHECK(number_in_schema("STATE_", wire_name(value)) == std::to_string(static_cast<int>(value)));
  }
  for (const auto value : fsm::all_last_update_statuses) {
    if (value == fsm::last_update_status::none) continue;
    CHECK(number_in_schema("LAST_UPDATE_STATUS_", wire_name(value)) ==
          std::to_string(static_cast<int>(value)));
  }
  for (const auto code : fsm::all_reason_codes) {
    INFO(wire_name(code));
    CHECK(number_in_schema("REASON_CODE_", wire_name(code)) ==
          std::to_string(static_cast<int>(code)));
  }
  for (std::size_t number = 0; number < fsm::event_count; ++number) {
    CHECK(number_in_schema("EVENT_", to_string(static_cast<fsm::event>(number))) ==
          std::to_string(number + 1));
  }
  for (int number = 0; number < 5; ++number) {
    CHECK(number_in_schema("CAUSE_", to_string(static_cast<fsm::cause>(number))) ==
          std::to_string(number));
  }
}

TEST_CASE("fields that a newer version wrote survive a round trip", "[stored]") {
  const auto unknown =
      number_field(77, 5) + text_field(78, "from the future") + number_field(39, 1);
  auto function = fsm::decode_function(minimal_function + unknown);
  REQUIRE(function);
  CHECK(function->unknown_fields.size() == unknown.size());
  function->name = "renamed";
  const auto again = fsm::decode_function(encode(*function));
  REQUIRE(again);
  CHECK((*again == *function));
  CHECK_THAT(encode(*again), ContainsSubstring("from the future"));

  const auto transition = fsm::decode_transition(minimal_transition + unknown);
  REQUIRE(transition);
  CHECK(encode(*transition) == minimal_transition + unknown);
}

TEST_CASE("enum values that a newer version wrote survive a round trip", "[stored]") {
  const auto bytes = minimal_function + number_field(4, 200) + number_field(5, 100) +
                     number_field(6, 60'000) + number_field(7, 41);
  const auto function = fsm::decode_function(bytes);
  REQUIRE(function);
  CHECK(wire_name(function->lifecycle.pair.state).empty());
  CHECK(static_cast<int>(function->lifecycle.state_reason) == 60'000);
  CHECK(encode(*function) == bytes);

  const auto transition_bytes = number_field(1, 1) + number_field(4, 7) + number_field(6, 250) +
                                number_field(7, 99) + number_field(12, 5'000);
  const auto transition = fsm::decode_transition(transition_bytes);
  REQUIRE(transition);
  CHECK(encode(*transition) == transition_bytes);
}

TEST_CASE("a value that no version can mean is refused", "[stored]") {
  for (const auto& wrong : {number_field(4, 256), number_field(5, 300), number_field(6, 65'536),
                            number_field(19, 256), number_field(4, 18'446'744'073'709'551'615U)}) {
    CHECK_THAT(refusal_of(minimal_function + wrong), ContainsSubstring("is out of range"));
  }
  CHECK_FALSE(fsm::decode_transition(minimal_transition + number_field(6, 257)));
  CHECK_FALSE(fsm::decode_transition(minimal_transition + number_field(10, 256)));
}

TEST_CASE("a newer schema version is refused by number", "[stored]") {
  CHECK(refusal_of(minimal_function + number_field(1, 2)) ==
        "a stored function has schema version 2, this version of the library reads up to 1");
  const auto transition = fsm::decode_transition(minimal_transition + number_field(1, 9));
  REQUIRE_FALSE(transition);
  CHECK_THAT(transition.error().message, ContainsSubstring("transition has schema version 9"));
}

TEST_CASE("bytes that are not a stored function's are refused", "[stored]") {
  CHECK(refusal_of("") == "the bytes are not those of a stored function");
  CHECK(refusal_of(number_field(1, 1)) == "a stored function has no uid");
  CHECK(refusal_of(number_field(1, 1) + number_field(2, 1)) == "a stored function has no name");
  CHECK(refusal_of("\xFF\xFF\xFF") == "the bytes of a stored function are damaged or cut short");
  CHECK_FALSE(fsm::decode_function(encode(some_transition())));
  CHECK_FALSE(fsm::decode_transition(encode(some_function())));
  CHECK_FALSE(fsm::decode_transition(number_field(1, 1) + number_field(4, 7)));
}

TEST_CASE("bytes cut short are refused or read as less, never as the whole", "[stored]") {
  const auto function = encode(some_function());
  const auto transition = encode(some_transition());
  std::size_t refused = 0;
  for (std::size_t length = 0; length < function.size(); ++length) {
    const auto result = fsm::decode_function(function.substr(0, length));
    if (!result)
      ++refused;
    else
      CHECK_FALSE((*result == some_function()));
  }
  CHECK(refused > function.size() / 2);
  for (std::size_t length = 0; length < transition.size(); ++length) {
    const auto result = fsm::decode_transition(transition.substr(0, length));
    if (result) CHECK_FALSE((*result == some_transition()));
  }
}

TEST_CASE("no bytes crash the decoders", "[stored]") {
  std::mt19937 random{20190401};
  std::uniform_int_distribution<int> byte{0, 255};
  const auto check = [](const std::string& bytes) {
    const auto function = fsm::decode_function(bytes);
    if (function) CHECK((fsm::decode_function(encode(*function)) == *function));
    const auto transition = fsm::decode_transition(bytes);
    if (transition) CHECK((fsm::decode_transition(encode(*transition)) == *transition));
  };
  for (int run = 0; run < 20'000; ++run) {
    std::string bytes = run % 2 == 0 ? minimal_function : "";
    for (int length = byte(random) / 4; length > 0; --length)
      bytes += static_cast<char>(byte(random));
    check(bytes);
  }
  for (const auto& original : {encode(some_function()), encode(some_transition())}) {
    for (std::size_t position = 0; position < original.size(); ++position) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        auto bytes = original;
        bytes[position] =
            static_cast<char>(static_cast<unsigned char>(bytes[position]) ^ (1U << bit));
        check(bytes);
      }
    }
  }
}
