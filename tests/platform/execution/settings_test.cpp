#include "execution/settings.hpp"

#include "execution/runtimes.hpp"
#include "support/temporary_directory.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

namespace fs = std::filesystem;
using namespace platform::execution;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Matches;

namespace {

const surroundings here{
    .region = "eu-central-1", .task_root = "/var/task", .runtime_folder = "/var/runtime"};

std::string value_of(const settings& what, const std::string& name) {
  for (const auto& each : environment_variables(what, here)) {
    if (each.starts_with(name + "=")) return each.substr(name.size() + 1);
  }
  return "none";
}

}  // namespace

TEST_CASE("An environment is told what its version's document says") {
  const auto made =
      read_settings("f:3", R"({"Runtime":"python3.12","Handler":"a.b","MemorySize":256,
      "EphemeralStorage":{"Size":1024},"Environment":{"Variables":{"STAGE":"test"}}})");
  CHECK(made.function == "f");
  CHECK(made.version == "3");
  CHECK(made.runtime == "python3.12");
  CHECK(made.scratch_mb == 1024);
  CHECK_FALSE(made.package);
  CHECK(value_of(made, "_HANDLER") == "a.b");
  CHECK(value_of(made, "AWS_LAMBDA_FUNCTION_NAME") == "f");
  CHECK(value_of(made, "AWS_LAMBDA_FUNCTION_VERSION") == "3");
  CHECK(value_of(made, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE") == "256");
  CHECK(value_of(made, "AWS_REGION") == "eu-central-1");
  CHECK(value_of(made, "STAGE") == "test");
}

TEST_CASE("A document that says nothing has defaults") {
  const auto made = read_settings("f", "no JSON");
  CHECK(made.function == "f");
  CHECK(made.version == "$LATEST");
  CHECK(made.memory_mb == 128);
  CHECK(made.scratch_mb == 512);
}

TEST_CASE("A function's own variables change the usual ones, not the reserved ones") {
  auto made = read_settings("f", "{}");
  made.variables = {{"TZ", "Europe/Berlin"}, {"AWS_LAMBDA_FUNCTION_NAME", "another"}};
  CHECK(value_of(made, "TZ") == "Europe/Berlin");
  CHECK(value_of(made, "AWS_LAMBDA_FUNCTION_NAME") == "f");
}

TEST_CASE("Each environment has a log stream of its own, in its function's group") {
  const auto made = read_settings("f:3", "{}");
  CHECK(value_of(made, "AWS_LAMBDA_LOG_GROUP_NAME") == "/aws/lambda/f");
  const auto stream = value_of(made, "AWS_LAMBDA_LOG_STREAM_NAME");
  CHECK_THAT(stream, Matches("[0-9]{4}/[0-9]{2}/[0-9]{2}/\\[3\\][0-9a-f]{32}"));
  CHECK(value_of(made, "AWS_LAMBDA_LOG_STREAM_NAME") != stream);
  const auto other = read_settings("f", R"({"LoggingConfig":{"LogGroup":"/my/group"}})");
  CHECK(value_of(other, "AWS_LAMBDA_LOG_GROUP_NAME") == "/my/group");
}

TEST_CASE("A value with a NUL is not two variables") {
  auto made = read_settings("f", "{}");
  made.handler = std::string{"a.b\0LD_PRELOAD=c", 16};
  CHECK(value_of(made, "_HANDLER") == "a.b");
}

TEST_CASE("A runtime is executed by what the machine has, and what it has not is named") {
  const fsm::testing::temporary_directory machine;
  const auto add = [&](const std::string& name) {
    std::ofstream{machine.path() / name} << "#!/bin/sh\necho Python 3.14.1\n";
    fs::permissions(machine.path() / name, fs::perms::owner_all);
  };
  const auto command = [&](const std::string& name) {
    settings of;
    of.runtime = name;
    return runtimes{{machine.path()}}.command(of, here);
  };
  CHECK(command("provided.al2023")->front() == "/var/task/bootstrap");
  CHECK_THAT(command("python3.12").error().message, ContainsSubstring("install python3"));
  CHECK_THAT(command("nodejs22.x").error().message, ContainsSubstring("install nodejs"));
  CHECK(runtimes{{machine.path()}}.describe() == "python3=none node=none");
  CHECK_THAT(command("java21").error().message, ContainsSubstring("java21 cannot be run here"));
  CHECK_THAT(command("").error().message, ContainsSubstring("Container images"));
  add("python3");
  const auto path = (machine.path() / "python3").string();
  CHECK(command("python3.12")->front() == path);
  CHECK(runtimes{{machine.path()}}.describe() ==
        "python3=" + path + " python3_version=3.14.1 node=none");
  add("python3.12");
  CHECK(command("python3.12")->front() == (machine.path() / "python3.12").string());
  add("node");
  CHECK(command("nodejs22.x")->back() == "/var/runtime/bootstrap.mjs");
}
