#pragma once

#include <fsm/error.hpp>
#include <fsm/event.hpp>
#include <fsm/pair.hpp>
#include <fsm/provider.hpp>
#include <fsm/reason.hpp>

#include <catch2/catch_tostring.hpp>

#include <string>

// How Catch shows what a check compares.

template <>
struct Catch::StringMaker<fsm::state> {
  static std::string convert(fsm::state s) {
    return s == fsm::state::none ? "none" : std::string{wire_name(s)};
  }
};
template <>
struct Catch::StringMaker<fsm::pair> {
  static std::string convert(const fsm::pair& p) {
    return "(" + StringMaker<fsm::state>::convert(p.state) + ", " +
           std::string{wire_name(p.update_status)} + ")";
  }
};
template <>
struct Catch::StringMaker<fsm::errc> {
  static std::string convert(fsm::errc code) { return std::string{to_string(code)}; }
};
template <>
struct Catch::StringMaker<fsm::event> {
  static std::string convert(fsm::event what) { return std::string{to_string(what)}; }
};
template <>
struct Catch::StringMaker<fsm::reason_code> {
  static std::string convert(fsm::reason_code code) { return std::string{wire_name(code)}; }
};
template <>
struct Catch::StringMaker<fsm::attempt_token> {
  static std::string convert(const fsm::attempt_token& token) {
    return std::to_string(token.uid) + "/" + std::to_string(token.number);
  }
};
