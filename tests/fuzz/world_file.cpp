#include "world_file.hpp"

#include "fuzz.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <string>

// What is read and written out is read as the same; it replaces what was there before completely
// once it is written out; a refusal says why, in whole characters.

namespace fsm::fuzz {

namespace {

std::string text_of(const platform::world_settings& settings) {
  return boost::json::serialize(platform::to_json(settings));
}

bool is_utf8(const std::string& text) {
  boost::json::error_code problem;
  static_cast<void>(boost::json::parse(boost::json::serialize(boost::json::string{text}), problem));
  return !problem;
}

}  // namespace

void world_file(std::string_view input) {
  const auto read = platform::apply_world({}, input);
  if (!read) {
    check(read.error().code == errc::invalid_argument, "a bad world is an invalid argument");
    check(!read.error().message.empty(), "a refusal says why");
    check(is_utf8(read.error().message), "it cuts no character of UTF-8 in two");
    return;
  }
  const auto text = text_of(*read);
  const auto again = platform::apply_world({}, text);
  check(again.has_value(), "a world that is written out is read: " + text);
  check(text_of(*again) == text, "it is the same world");
  const auto twice = platform::apply_world(*read, text);
  check(twice && text_of(*twice) == text, "a world applied to itself changes nothing");
}

}  // namespace fsm::fuzz
