#include "flags.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

auto parse(std::vector<const char*> words) {
  words.insert(words.begin(), "fsm-platform");
  return platform::parse_flags(static_cast<int>(words.size()), words.data());
}

}  // namespace

TEST_CASE("a directory stands for S3 when it is named") {
  CHECK_FALSE(parse({})->s3_dir);
  CHECK(parse({"--s3-dir", "buckets"})->s3_dir == "buckets");
  CHECK(parse({"--s3-dir", ""}).error().code == 2);
}

TEST_CASE("functions run as processes when that is asked for, within walls unless it is said") {
  CHECK_FALSE(parse({})->runs_processes);
  CHECK_FALSE(parse({"--executor", "echo"})->runs_processes);
  const auto flags = parse({"--executor", "process"});
  REQUIRE(flags);
  CHECK(flags->runs_processes);
  CHECK(flags->sandbox);
  CHECK_FALSE(flags->function_network);
  CHECK(flags->control_groups == platform::control_group_use::automatic);
  CHECK(flags->max_environments == 0);
  CHECK(flags->environment_idle_after == 10min);
  const auto open = parse({"--executor", "process", "--sandbox", "off", "--function-network",
                           "host", "--max-environments", "7", "--environment-idle-after", "1s"});
  REQUIRE(open);
  CHECK_FALSE(open->sandbox);
  CHECK(open->function_network);
  CHECK(open->max_environments == 7);
  CHECK(open->environment_idle_after == 1s);
  const auto bound = parse({"--executor", "process", "--control-groups", "on"});
  REQUIRE(bound);
  CHECK(bound->control_groups == platform::control_group_use::on);
  const auto unbound = parse({"--executor", "process", "--control-groups", "off"});
  REQUIRE(unbound);
  CHECK(unbound->control_groups == platform::control_group_use::off);
  const auto maybe = parse({"--executor", "process", "--control-groups", "maybe"});
  REQUIRE_FALSE(maybe);
  CHECK(maybe.error().text.find("auto, on or off") != std::string::npos);
  CHECK(parse({"--executor", "docker"}).error().code == 2);
  CHECK(parse({"--executor", "process", "--sandbox", "maybe"}).error().code == 2);
}

TEST_CASE("what is about processes is refused where there are none") {
  for (const auto* flag : {"--sandbox", "--function-network", "--control-groups",
                           "--max-environments", "--environment-idle-after"}) {
    const auto value = std::string_view{flag} == "--sandbox"            ? "off"
                       : std::string_view{flag} == "--control-groups"   ? "on"
                       : std::string_view{flag} == "--function-network" ? "host"
                       : std::string_view{flag} == "--max-environments" ? "7"
                                                                        : "1s";
    const auto flags = parse({flag, value});
    REQUIRE_FALSE(flags);
    CHECK(flags.error().text.find("left out without --executor process") != std::string::npos);
  }
}

TEST_CASE("without flags the defaults hold") {
  const auto flags = parse({});
  REQUIRE(flags);
  CHECK(flags->host == "127.0.0.1");
  CHECK(flags->port == 9001);
  CHECK(flags->data == "./fsm-data");
  CHECK_FALSE(flags->buffered);
  CHECK(flags->attempt_timeout == 100s);
  CHECK(flags->idle_after == std::chrono::days{14});
  CHECK(flags->region == "us-east-1");
  CHECK(flags->account == "000000000000");
  CHECK(flags->max_provisioning == 256);
  CHECK(flags->max_queued == 1'000'000);
  CHECK(flags->event_log_mib == 1024);
  CHECK(flags->seed_functions == 0);
  CHECK_FALSE(flags->virtual_clock);
  CHECK_FALSE(flags->world_file);
}

TEST_CASE("every flag is taken") {
  const auto flags = parse({"--listen",
                            "[::1]:0",
                            "--data",
                            "somewhere",
                            "--durability",
                            "buffered",
                            "--attempt-timeout",
                            "3s",
                            "--idle-after",
                            "2s",
                            "--world",
                            "w.json",
                            "--virtual-clock",
                            "--region",
                            "eu-central-1",
                            "--account",
                            "123456789012",
                            "--max-provisioning",
                            "7",
                            "--max-queued",
                            "8",
                            "--event-log",
                            "16",
                            "--seed-functions",
                            "9",
                            "--allow-host",
                            "a",
                            "--allow-host",
                            "b",
                            "--threads",
                            "3",
                            "--access-key",
                            "AKID",
                            "--secret-key",
                            "s/e+c=ret",
                            "--admin-token",
                            "t",
                            "--tls-cert",
                            "c.pem",
                            "--tls-key",
                            "k.pem"});
  REQUIRE(flags);
  CHECK(flags->host == "::1");
  CHECK(flags->port == 0);
  CHECK(flags->data == "somewhere");
  CHECK(flags->buffered);
  CHECK(flags->attempt_timeout == 3s);
  CHECK(flags->idle_after == 2s);
  CHECK(flags->world_file == "w.json");
  CHECK(flags->virtual_clock);
  CHECK(flags->region == "eu-central-1");
  CHECK(flags->account == "123456789012");
  CHECK(flags->max_provisioning == 7);
  CHECK(flags->max_queued == 8);
  CHECK(flags->event_log_mib == 16);
  CHECK(flags->seed_functions == 9);
  CHECK(flags->allowed_hosts == std::vector<std::string>{"a", "b"});
  CHECK(flags->threads == 3);
  CHECK(flags->access_key == "AKID");
  CHECK(flags->secret_key == "s/e+c=ret");
  CHECK(flags->admin_token == "t");
  CHECK(flags->tls_cert == "c.pem");
  CHECK(flags->tls_key == "k.pem");
}

TEST_CASE("in memory there is no directory") {
  const auto flags = parse({"--memory"});
  REQUIRE(flags);
  CHECK_FALSE(flags->data);
}

TEST_CASE("a bad flag ends with code 2 and one line that names flag, value and rule") {
  const auto [words, flag, value, rule] = GENERATE(
      std::tuple{std::vector{"--idle-after", "5x"}, "--idle-after", "'5x'", "250ms 2s 5m 12h 14d"},
      std::tuple{std::vector{"--idle-after", "0s"}, "--idle-after", "'0s'", "1ms to 3650d"},
      std::tuple{std::vector{"--listen", "somewhere"}, "--listen", "'somewhere'", "HOST:PORT"},
      std::tuple{std::vector{"--listen", "a:65536"}, "--listen", "'a:65536'", "0 to 65535"},
      std::tuple{std::vector{"--listen", ""}, "--listen", "''", "a value"},
      std::tuple{std::vector{"--idle-after", "5\n\r"}, "--idle-after", "'5  '", "250ms 2s"},
      std::tuple{std::vector{"--region", "mars"}, "--region", "'mars'", "a region such as"},
      std::tuple{std::vector{"--account", "12"}, "--account", "'12'", "12 digits"},
      std::tuple{std::vector{"--max-provisioning", "0"}, "--max-provisioning", "'0'",
                 "1 to 1000000"},
      std::tuple{std::vector{"--max-queued", "0"}, "--max-queued", "'0'", "1 to 100000000"},
      std::tuple{std::vector{"--event-log", "0"}, "--event-log", "'0'", "1 to 1048576"},
      std::tuple{std::vector{"--seed-functions", "-1"}, "--seed-functions", "'-1'",
                 "0 to 10000000"},
      std::tuple{std::vector{"--data", ""}, "--data", "''", "a value"},
      std::tuple{std::vector{"--durability", "none"}, "--durability", "'none'",
                 "synced or buffered"},
      std::tuple{std::vector{"--memory", "--data", "d"}, "--data", "'d'", "--memory"},
      std::tuple{std::vector{"--memory", "--durability", "synced"}, "--durability", "'synced'",
                 "--memory"},
      std::tuple{std::vector{"--attempt-timeout", "6m"}, "--attempt-timeout", "'6m'", "1ms to 5m"},
      std::tuple{std::vector{"--threads", "many"}, "--threads", "'many'", "0 to 1024"});
  const auto flags = parse(words);
  REQUIRE_FALSE(flags);
  const auto& [code, text] = flags.error();
  CAPTURE(text);
  CHECK(code == 2);
  CHECK(text.find(flag) != std::string::npos);
  CHECK(text.find(value) != std::string::npos);
  CHECK(text.find(rule) != std::string::npos);
  CHECK(text.find('\n') == std::string::npos);
}

TEST_CASE("an unknown flag, a missing value and a word too many end with code 2 and one line") {
  const auto words = GENERATE(std::vector{"--bogus"}, std::vector{"--idle-after"},
                              std::vector{"word"}, std::vector{"--allow-host", "a", "b"});
  const auto flags = parse(words);
  REQUIRE_FALSE(flags);
  CHECK(flags.error().code == 2);
  CHECK(flags.error().text.find('\n') == std::string::npos);
}

TEST_CASE("help ends with code 0 and says what a duration is") {
  const auto flags = parse({"--help"});
  REQUIRE_FALSE(flags);
  CHECK(flags.error().code == 0);
  CHECK(flags.error().text.find("250ms 2s 5m 12h 14d") != std::string::npos);
}
