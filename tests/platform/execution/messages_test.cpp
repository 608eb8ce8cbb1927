#include "execution/environment_program/messages.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

using namespace platform::execution;

TEST_CASE("What a process is told comes through as it was, also what is empty") {
  const entry told{.processes_max = "7",
                   .files_max = "",
                   .data_bytes_max = "100",
                   .folder = "/var/task",
                   .words = {"/bin/run", "x y"},
                   .variables = {"A=", "B=1\n2", "", "C=3"}};
  const auto read = read_entry(write_entry(told));
  REQUIRE(read);
  CHECK(read->processes_max == "7");
  CHECK(read->files_max.empty());
  CHECK(read->data_bytes_max == "100");
  CHECK(read->folder == "/var/task");
  CHECK(read->words == told.words);
  CHECK(read->variables == told.variables);
}

TEST_CASE("A message that was cut short is none") {
  const auto whole = write_entry({.processes_max = "7",
                                  .files_max = "8",
                                  .data_bytes_max = "9",
                                  .folder = "/",
                                  .words = {"/bin/run"},
                                  .variables = {}});
  REQUIRE(read_entry(whole));
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK_FALSE(read_entry(whole.substr(0, length)));
}
