#include <fsm/reason.hpp>
#include <fsm/state.hpp>

#include <catch2/catch_test_macros.hpp>

#include <set>
#include <string>

using fsm::last_update_status;
using fsm::open_enum;
using fsm::state;

TEST_CASE("every state has the wire name of the Lambda API", "[state]") {
  CHECK(wire_name(state::none).empty());
  CHECK(wire_name(state::pending) == "Pending");
  CHECK(wire_name(state::active) == "Active");
  CHECK(wire_name(state::inactive) == "Inactive");
  CHECK(wire_name(state::failed) == "Failed");
  CHECK(wire_name(state::deactivating) == "Deactivating");
  CHECK(wire_name(state::deactivated) == "Deactivated");
  CHECK(wire_name(state::active_non_invocable) == "ActiveNonInvocable");
  CHECK(wire_name(state::deleting) == "Deleting");
}

TEST_CASE("every last update status has the wire name of the Lambda API", "[state]") {
  CHECK(wire_name(last_update_status::none).empty());
  CHECK(wire_name(last_update_status::in_progress) == "InProgress");
  CHECK(wire_name(last_update_status::successful) == "Successful");
  CHECK(wire_name(last_update_status::failed) == "Failed");
}

TEST_CASE("parsing a wire name gives the value back", "[state]") {
  for (const auto value : fsm::all_states) {
    if (value != state::none) CHECK(fsm::parse_state(wire_name(value)) == value);
  }
  for (const auto value : fsm::all_last_update_statuses) {
    if (value != last_update_status::none) {
      CHECK(fsm::parse_last_update_status(wire_name(value)) == value);
    }
  }
}

TEST_CASE("a name that is not exactly a wire name is not parsed", "[state]") {
  for (const auto* text :
       {"", "active", "ACTIVE", "Active ", " Active", "Activ", "none", "Restoring"}) {
    CHECK_FALSE(fsm::parse_state(text));
    CHECK_FALSE(fsm::parse_last_update_status(text));
  }
  CHECK_FALSE(fsm::parse_last_update_status("Pending"));
  CHECK_FALSE(fsm::parse_state("Successful"));
}

TEST_CASE("a value beyond the known ones has no wire name", "[state]") {
  CHECK(wire_name(static_cast<state>(9)).empty());
  CHECK(wire_name(static_cast<state>(255)).empty());
  CHECK(wire_name(static_cast<last_update_status>(4)).empty());
}

TEST_CASE("an open enum is absent at first", "[open_enum]") {
  const open_enum<state> value;
  CHECK(value.known() == state::none);
  CHECK(value.wire_name().empty());
  CHECK(value == open_enum<state>::from_wire(""));
}

TEST_CASE("an open enum reads and writes known names", "[open_enum]") {
  const auto value = open_enum<state>::from_wire("ActiveNonInvocable");
  CHECK(value.known() == state::active_non_invocable);
  CHECK(value.wire_name() == "ActiveNonInvocable");
  CHECK(value == state::active_non_invocable);
  CHECK_FALSE(value == state::active);
}

TEST_CASE("an open enum repeats an unknown name exactly as received", "[open_enum]") {
  for (const auto* text : {"Hibernating", "active", "\xC3\xA4 b", " "}) {
    const auto value = open_enum<state>::from_wire(text);
    CHECK_FALSE(value.known());
    CHECK(value.wire_name() == text);
    CHECK(value == open_enum<state>::from_wire(std::string{text}));
    CHECK_FALSE(value == open_enum<state>::from_wire("Other"));
    CHECK_FALSE(value == open_enum<state>{});
  }
}

TEST_CASE("an open enum that takes a known value forgets the unknown text", "[open_enum]") {
  auto value = open_enum<last_update_status>::from_wire("Paused");
  value = last_update_status::failed;
  CHECK(value.wire_name() == "Failed");
  CHECK(value == open_enum<last_update_status>::from_wire("Failed"));
}
