#include "dump/printer.hpp"

#include "dump/valid_text.hpp"
#include "platform/wire/digest.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace json = boost::json;

namespace {

fsm::stored_function function(std::uint64_t uid, std::string name) {
  fsm::stored_function f;
  f.uid = uid;
  f.name = std::move(name);
  f.lifecycle.pair = fsm::pairs::ready;
  return f;
}

fsm::stored_transition transition(std::uint64_t sequence, std::uint64_t uid, std::string name) {
  fsm::stored_transition t;
  t.sequence = sequence;
  t.uid = uid;
  t.name = std::move(name);
  t.from = fsm::pairs::absent;
  t.to = fsm::pairs::creating;
  return t;
}

// What a printer makes of what `tell` tells it.
class printed {
public:
  dump::flags how;
  bool found = false;
  bool went_on = true;  // Whether no call asked for the end of the reading.

  std::vector<json::value> operator()(const std::function<void(printed&)>& tell) {
    char* bytes = nullptr;
    std::size_t size = 0;
    std::FILE* memory = open_memstream(&bytes, &size);
    REQUIRE(memory != nullptr);
    dump::line_writer out{memory};
    dump::printer printer{how, out};
    to_ = &printer;
    tell(*this);
    CHECK(printer.finish());
    found = printer.found();
    std::fclose(memory);
    std::istringstream text{std::string{bytes, size}};
    std::free(bytes);
    std::vector<json::value> lines;
    for (std::string line; std::getline(text, line);) {
      CHECK(dump::is_utf8(line));
      lines.push_back(json::parse(line));
    }
    return lines;
  }
  fsm::rocksdb_reader& to() { return *to_; }
  void on(bool more) { went_on = went_on && more; }

  // Two functions with a document and a transition each, and an event of a third that is gone.
  static void a_store(printed& p) {
    p.on(p.to().on_summary({.schema_version = 1, .last_sequence = 3}));
    p.on(p.to().on_owed_release(1, 4));
    p.on(p.to().on_owed_release(2, 5));
    for (std::uint64_t uid : {1, 2}) {
      const std::string name = uid == 1 ? "f" : "g";
      p.on(p.to().on_function(function(uid, name)));
      if (!p.went_on) return;
      p.on(p.to().on_document(uid, 1, "of " + name));
      p.on(p.to().on_history(transition(uid, uid, name)));
    }
    for (std::uint64_t uid : {1, 2, 3}) {
      if (p.went_on) p.on(p.to().on_event(transition(uid, uid, std::string(1, "xfgh"[uid]))));
    }
  }

private:
  fsm::rocksdb_reader* to_ = nullptr;
};

std::vector<std::string> kinds(const std::vector<json::value>& lines) {
  std::vector<std::string> all;
  for (const json::value& line : lines) all.emplace_back(line.at("kind").as_string());
  return all;
}
using list = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(printed, "a store's functions come with the lengths of their documents") {
  const auto lines = (*this)(a_store);
  CHECK(kinds(lines) == list{"store", "owed_release", "owed_release", "function", "function"});
  CHECK(lines.at(0).at("last_sequence").to_number<int>() == 3);
  CHECK(lines.at(0).at("alive_at").is_null());
  CHECK(lines.at(1).at("uid").to_number<int>() == 1);
  CHECK(lines.at(1).at("attempt").to_number<int>() == 4);
  CHECK(lines.at(3).at("name").as_string() == "f");
  CHECK(lines.at(4).at("name").as_string() == "g");
  CHECK(json::serialize(lines.at(3).at("documents")) == R"([{"version":1,"bytes":4}])");
}

TEST_CASE_METHOD(printed, "documents, history and events come when they are asked for") {
  how.documents = how.history = how.events = true;
  const auto lines = (*this)(a_store);
  CHECK(kinds(lines) == list{"store", "owed_release", "owed_release", "function", "history",
                             "function", "history", "event", "event", "event"});
  CHECK(lines.at(3).at("documents").at(0).at("document").as_string() == "of f");
  CHECK(lines.at(4).at("sequence").to_number<int>() == 1);
  CHECK(lines.at(9).at("name").as_string() == "h");
}

TEST_CASE_METHOD(printed, "with a name nothing of other functions is printed") {
  how.function = "g";
  how.history = how.events = true;
  const auto lines = (*this)(a_store);
  CHECK(kinds(lines) == list{"store", "owed_release", "function", "history", "event"});
  for (std::size_t i = 1; i < lines.size(); ++i) CHECK(lines[i].at("uid").to_number<int>() == 2);
  CHECK(found);
}

TEST_CASE_METHOD(printed, "a removed function is found by its events, an unknown one is not") {
  how.events = true;
  how.function = "h";
  CHECK(kinds((*this)(a_store)) == list{"store", "event"});
  CHECK(found);
  how.function = "i";
  CHECK(kinds((*this)(a_store)) == list{"store"});
  CHECK_FALSE(found);
}

TEST_CASE_METHOD(printed, "a limit holds for functions and for events, and ends the reading") {
  how.limit = 1;
  CHECK(kinds((*this)(a_store)) == list{"store", "owed_release", "owed_release", "function"});
  CHECK_FALSE(went_on);
  how.events = true;
  went_on = true;
  CHECK(kinds((*this)(a_store)) ==
        list{"store", "owed_release", "owed_release", "function", "event"});
  CHECK_FALSE(went_on);
}

TEST_CASE_METHOD(printed, "a function is printed with the names and times of the Lambda API") {
  const auto lines = (*this)([](printed& p) {
    fsm::stored_function f = function(7, "f");
    f.tenant = "blue";
    f.lifecycle = {.pair = fsm::pairs::idle_updating,
                   .state_reason = fsm::reason_code::idle,
                   .update_reason = fsm::reason_code::creating,
                   .revision = 3,
                   .attempt = 2,
                   .since = fsm::timestamp{std::chrono::milliseconds{1'767'225'600'123}},
                   .version = 1,
                   .held = 1};
    f.update_reason_text = "in my own words";
    f.idle_after = std::chrono::hours{2};
    p.on(p.to().on_function(f));
  });
  const json::object& f = lines.at(0).as_object();
  CHECK(f.at("state").as_string() == "Inactive");
  CHECK(f.at("last_update_status").as_string() == "InProgress");
  CHECK(f.at("state_reason_code").as_string() == "Idle");
  CHECK(f.at("state_reason").as_string() == "The function is currently idle.");
  CHECK(f.at("last_update_status_reason_code").as_string() == "Creating");
  CHECK(f.at("last_update_status_reason").as_string() == "in my own words");
  CHECK(f.at("target_version").to_number<int>() == 2);
  CHECK(f.at("since").as_string() == "2026-01-01T00:00:00.123Z");
  CHECK(f.at("last_used").is_null());
  CHECK(f.at("idle_after").as_string() == "2h");
  CHECK(f.at("tenant").as_string() == "blue");
}

TEST_CASE_METHOD(printed, "a transition is printed with both situations and its reason") {
  how.events = true;
  const auto lines = (*this)([](printed& p) {
    fsm::stored_transition t = transition(5, 1, "f");
    t.event = fsm::event::update_failed;
    t.cause = fsm::cause::provider;
    t.from = fsm::pairs::updating;
    t.to = fsm::pairs::update_failed;
    t.update_reason = fsm::reason_code::invalid_image;
    p.on(p.to().on_event(t));
  });
  const json::object& t = lines.at(0).as_object();
  CHECK(t.at("event").as_string() == fsm::to_string(fsm::event::update_failed));
  CHECK(t.at("cause").as_string() == fsm::to_string(fsm::cause::provider));
  CHECK(json::serialize(t.at("to")) == R"({"state":"Active","last_update_status":"Failed"})");
  CHECK(t.at("reason_code").as_string().empty());
  CHECK(t.at("update_reason_code").as_string() == "InvalidImage");
  CHECK(t.at("reason").as_string() == "The function's image cannot be used.");
}

TEST_CASE_METHOD(printed, "whatever bytes are stored, the lines are JSON and UTF-8") {
  how.documents = true;
  const std::string odd{"\xFFz\0\n\"\xED\xA0\x80", 8};
  const auto lines = (*this)([&](printed& p) {
    fsm::stored_function f = function(1, odd);
    f.tenant = odd;
    f.lifecycle.pair = {static_cast<fsm::state>(200), static_cast<fsm::last_update_status>(200)};
    f.lifecycle.state_reason = static_cast<fsm::reason_code>(60'000);
    f.lifecycle.update_reason = static_cast<fsm::reason_code>(60'001);
    f.update_reason_name = odd;
    f.state_reason_text = odd;
    f.lifecycle.since = fsm::timestamp::max();
    f.created = fsm::timestamp::min();
    f.idle_after = fsm::duration::min();
    p.on(p.to().on_function(f));
    p.on(p.to().on_document(1, 1, odd));
    p.on(p.to().on_document(1, 2, std::string{"a\0b", 3}));
    p.on(p.to().on_document(1, 3, ""));
  });
  const json::object& f = lines.at(0).as_object();
  const std::string shown{"\xEF\xBF\xBDz\0\n\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", 16};
  CHECK(f.at("name").as_string() == shown);
  CHECK(f.at("state").as_string().empty());
  CHECK(f.at("state_reason_code").as_string() == "60000");
  CHECK(f.at("last_update_status_reason_code").as_string() == shown);
  CHECK(f.at("documents").at(0).at("document_base64").as_string() == "/3oACiLtoIA=");
  CHECK(f.at("documents").at(1).at("document").as_string() == std::string_view{"a\0b", 3});
  CHECK(f.at("documents").at(2).at("document").as_string().empty());
}

TEST_CASE("UTF-8 is told from what only looks like it") {
  for (const char* good : {"", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    INFO(good);
    CHECK(dump::is_utf8(good));
    CHECK(dump::valid_text(good) == good);
  }
  for (const char* bad : {"\x80", "\xC2", "\xC1\xBF", "\xC2z", "\xE0\x9F\xBF", "\xED\xA0\x80",
                          "\xE1\x80", "\xE1\x80z", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                          "\xF1\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    CHECK_FALSE(dump::is_utf8(bad));
    CHECK(dump::is_utf8(dump::valid_text(bad)));
  }
  CHECK(platform::wire::base64_encode("") == "");
  CHECK(platform::wire::base64_encode("f") == "Zg==");
  CHECK(platform::wire::base64_encode("fo") == "Zm8=");
  CHECK(platform::wire::base64_encode("foo") == "Zm9v");
  CHECK(platform::wire::base64_encode("foob") == "Zm9vYg==");
}
