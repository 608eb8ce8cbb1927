#include "support/temporary_directory.hpp"
#include <fsm/rocksdb.hpp>
#include <fsm/runtime.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <vector>

namespace files = std::filesystem;
namespace json = boost::json;
using Catch::Matchers::ContainsSubstring;
using fsm::testing::temporary_directory;

namespace {

struct result {
  int code = -1;
  std::string out;
  std::string err;
};

std::string text_of(const files::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// A store that a runtime has written, and the program that dumps it.
class dumped {
public:
  dumped() {
    fsm::options how;
    how.store = fsm::rocksdb_store(data());
    how.clock = std::make_shared<fsm::manual_clock>();
    how.functions_max = 64;
    how.threads = 1;
    runtime.emplace(how);
    const std::string odd{"\xFF\n\0z", 4};
    for (const auto& [name, document] :
         {std::pair{"f", std::string{"one"}}, std::pair{"g", odd}, std::pair{"gone", odd}}) {
      REQUIRE(runtime->create({.name = name, .document = document, .tenant = "blue"}));
      runtime->settle();
    }
    REQUIRE(runtime->update({.name = "f", .document = "two"}));
    REQUIRE(runtime->remove("gone"));
    runtime->settle();
  }

  [[nodiscard]] files::path data() const { return scratch_.path() / "data"; }
  // The arguments, then what the shell should do with the output.
  [[nodiscard]] result run(const std::string& arguments, const std::string& then = "") const {
    const files::path err = scratch_.path() / "err";
    const std::string command =
        "set -o pipefail; '" FSM_DUMP "' " + arguments + " 2>'" + err.string() + "' " + then;
    std::FILE* pipe = popen(("exec bash -c \"" + command + "\"").c_str(), "r");
    REQUIRE(pipe != nullptr);
    result got;
    char buffer[4096];
    for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
      got.out.append(buffer, n);
    const int status = pclose(pipe);
    got.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    got.err = text_of(err);
    return got;
  }
  [[nodiscard]] std::vector<json::value> lines(const std::string& flags) const {
    const result got = run(flags + " " + data().string());
    CHECK(got.err.empty());
    CHECK(got.code == 0);
    std::vector<json::value> all;
    std::istringstream text{got.out};
    for (std::string line; std::getline(text, line);) all.push_back(json::parse(line));
    return all;
  }
  [[nodiscard]] static std::vector<json::value> of_kind(const std::vector<json::value>& all,
                                                        std::string_view kind) {
    std::vector<json::value> some;
    for (const json::value& line : all) {
      if (line.at("kind").as_string() == kind) some.push_back(line);
    }
    return some;
  }

  std::optional<fsm::runtime> runtime;

private:
  temporary_directory scratch_;
};

}  // namespace

TEST_CASE_METHOD(dumped, "a store is dumped while a runtime runs on it, and afterwards") {
  for (const bool running : {true, false}) {
    if (!running) runtime.reset();
    const auto all = lines("--documents --history --events");
    const auto stores = of_kind(all, "store");
    REQUIRE(stores.size() == 1);
    CHECK(stores[0].at("last_sequence").to_number<int>() == 9);
    const auto functions = of_kind(all, "function");
    REQUIRE(functions.size() == 2);
    CHECK(functions[0].at("name").as_string() == "f");
    CHECK(functions[0].at("state").as_string() == "Active");
    CHECK(functions[0].at("last_update_status").as_string() == "Successful");
    CHECK(functions[0].at("documents").as_array().size() == 1);
    CHECK(functions[0].at("documents").at(0).at("document").as_string() == "two");
    CHECK(functions[1].at("name").as_string() == "g");
    CHECK(functions[1].at("documents").at(0).at("document_base64").as_string() == "/woAeg==");
    CHECK(of_kind(all, "history").size() == 6);
    const auto events = of_kind(all, "event");
    REQUIRE(events.size() == 9);
    for (std::size_t i = 0; i < events.size(); ++i)
      CHECK(events[i].at("sequence").to_number<std::size_t>() == i + 1);
    CHECK(of_kind(lines("--function g --history"), "history").size() == 2);
    CHECK(of_kind(lines("--function gone --events"), "event").size() == 3);
    CHECK(of_kind(lines("--limit 1"), "function").size() == 1);
  }
}

TEST_CASE_METHOD(dumped, "a dump changes nothing in the directory") {
  runtime.reset();
  const auto look = [this] {
    std::vector<std::string> found;
    for (const auto& entry : files::recursive_directory_iterator{data()})
      found.push_back(entry.path().string() + ": " + text_of(entry.path()));
    std::sort(found.begin(), found.end());
    return found;
  };
  const auto before = look();
  CHECK(lines("--documents --history --events").size() > 3);
  CHECK(look() == before);
}

TEST_CASE_METHOD(dumped, "what cannot be dumped is said in one line, with code 1") {
  const auto refused = [this](const std::string& arguments) {
    const result got = run(arguments);
    CHECK(got.code == 1);
    CHECK(got.out.empty());
    CHECK(std::count(got.err.begin(), got.err.end(), '\n') == 1);
    return got.err;
  };
  const std::string nowhere = (data() / "nowhere").string();
  CHECK_THAT(refused(nowhere), ContainsSubstring(nowhere));
  runtime.reset();
  CHECK_THAT(refused((data() / "CURRENT").string()), ContainsSubstring("CURRENT"));
  files::remove(data() / "CURRENT");
  CHECK_THAT(refused(data().string()), ContainsSubstring(data().string()));
  const result unknown = run("--colour " + data().string());
  CHECK(unknown.code == 2);
  CHECK_THAT(unknown.err, ContainsSubstring("--colour"));
}

TEST_CASE_METHOD(dumped, "a function that is not there is said, with code 1") {
  const result got = run("--function nobody " + data().string());
  CHECK(got.code == 1);
  CHECK_THAT(got.err, ContainsSubstring("there is no function nobody"));
}

TEST_CASE_METHOD(dumped, "a reader that goes away ends the dump quietly, a full disk does not") {
  for (int i = 0; i < 40; ++i) {
    REQUIRE(runtime->create(
        {.name = "large-" + std::to_string(i), .document = std::string(20'000, 'x')}));
  }
  runtime->settle();
  const std::string everything = "--documents --events --history " + data().string();
  const result closed = run(everything, "| head -c 10");
  CHECK(closed.code == 0);
  CHECK(closed.err.empty());
  CHECK(closed.out.size() == 10);
  const result full = run(everything, ">/dev/full");
  CHECK(full.code == 1);
  CHECK_THAT(full.err, ContainsSubstring("No space left on device"));
}
