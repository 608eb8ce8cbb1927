#include "flags.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

using bench::command;
using bench::parse;
using bench::usage_error;
using Catch::Matchers::Message;

namespace {

bench::invocation parsed(std::vector<const char*> arguments) { return parse(arguments); }

}  // namespace

TEST_CASE("no arguments mean the default suite with the default flags", "[bench][flags]") {
  const auto call = parsed({});
  CHECK(call.command == command::run);
  CHECK(call.scenarios == std::vector<std::string>{"step", "create", "invoke", "message"});
  CHECK(call.settings.functions == 1'000'000);
  CHECK(call.settings.threads >= 1);
  CHECK(call.settings.seconds == 5);
  CHECK(call.settings.rate == 0);
  CHECK_FALSE(call.settings.in_flight);
  CHECK(call.settings.seed == 1);
  CHECK(call.settings.hot == 0);
  CHECK(call.settings.batch == 64);
  CHECK(call.settings.json_file.empty());
  CHECK(call.settings.population_file.empty());
  CHECK(call.settings.population == bench::described_population{});
}

TEST_CASE("every flag of run is read", "[bench][flags]") {
  const auto call =
      parsed({"run", "invoke",  "step", "--functions", "12", "--threads", "3",  "--seconds",
              "0.5", "--rate",  "1000", "--in-flight", "7",  "--seed",    "9",  "--json",
              "-",   "--store", "none", "--hot",       "4",  "--batch",   "128"});
  CHECK(call.command == command::run);
  CHECK(call.scenarios == std::vector<std::string>{"invoke", "step"});
  CHECK(call.settings.functions == 12);
  CHECK(call.settings.threads == 3);
  CHECK(call.settings.seconds == 0.5);
  CHECK(call.settings.rate == 1000);
  CHECK(call.settings.in_flight == 7);
  CHECK(call.settings.seed == 9);
  CHECK(call.settings.json_file == "-");
  CHECK(call.settings.hot == 4);
  CHECK(call.settings.batch == 128);
}

TEST_CASE("where functions are kept is read", "[bench][flags]") {
  const auto none = parsed({"run", "invoke"}).settings.storage;
  CHECK_FALSE(none.on_disk());
  CHECK(none.store_name() == "none");
  CHECK(none.durability_name() == "none");
  CHECK(none.meter == nullptr);
  if (!bench::has_rocksdb()) return;
  const auto synced = parsed({"run", "invoke", "--store", "rocksdb"}).settings.storage;
  CHECK(synced.on_disk());
  CHECK(synced.store_name() == "rocksdb");
  CHECK(synced.durability_name() == "synced");
  CHECK(synced.data.empty());
  CHECK(synced.meter != nullptr);
  CHECK(synced.directory == nullptr);
  const auto buffered =
      parsed({"run", "invoke", "--store", "rocksdb", "--durability", "buffered", "--data", "there"})
          .settings.storage;
  CHECK(buffered.durability_name() == "buffered");
  CHECK(buffered.data == "there");
}

TEST_CASE("the process that is killed gets its flags", "[bench][flags]") {
  if (!bench::has_rocksdb()) return;
  const auto call = parsed({"recover-load", "--data", "store", "--functions", "7", "--threads", "2",
                            "--in-flight", "3", "--durability", "buffered"});
  CHECK(call.command == command::recover_load);
  CHECK(call.settings.functions == 7);
  CHECK(call.settings.in_flight == 3);
  CHECK(call.settings.storage.data == "store");
  CHECK_FALSE(call.settings.storage.synced);
  CHECK(parsed({"--help"}).help_text.find("recover-load") == std::string::npos);
}

TEST_CASE("list, peers and help are told apart", "[bench][flags]") {
  CHECK(parsed({"list"}).command == command::list);
  const auto peers = parsed({"peers", "--functions", "10", "--in-flight", "2"});
  CHECK(peers.command == command::peers);
  CHECK(peers.settings.functions == 10);
  CHECK(peers.settings.in_flight == 2);
  CHECK(parsed({"run", "--help"}).command == command::help);
  CHECK(parsed({"run", "--help"}).help_text.find("--functions") != std::string::npos);
}

TEST_CASE("several populations and runs are read", "[bench][flags]") {
  const auto call = parsed({"run", "invoke", "--functions", "1000,100000,10", "--repeat", "3"});
  CHECK(call.sizes == std::vector<std::uint64_t>{1000, 100'000, 10});
  CHECK(call.settings.functions == 1000);
  CHECK(call.repeat == 3);
  const auto plain = parsed({"run", "invoke"});
  CHECK(plain.sizes == std::vector<std::uint64_t>{1'000'000});
  CHECK(plain.repeat == 1);
  CHECK(parsed({}).sizes == std::vector<std::uint64_t>{1'000'000});
}

TEST_CASE("report and compare are read", "[bench][flags]") {
  const auto report = parsed({"report", "a.json", "b.json", "-o", "-"});
  CHECK(report.command == command::report);
  CHECK(report.report.files == std::vector<std::string>{"a.json", "b.json"});
  CHECK(report.report.output == "-");
  const auto compare =
      parsed({"compare", "a.json", "b.json", "--fail-below", "0.9", "--json", "-"});
  CHECK(compare.command == command::compare);
  CHECK(compare.compare.before == "a.json");
  CHECK(compare.compare.after == "b.json");
  CHECK(compare.compare.fail_below == 0.9);
  CHECK(compare.compare.json_file == "-");
}

TEST_CASE("what report and compare cannot do is said before anything is read", "[bench][flags]") {
  const auto refused = [](const std::vector<const char*>& wrong, const char* why) {
    CHECK_THROWS_MATCHES(parsed(wrong), usage_error, Message(why));
  };
  refused({"report", "a.json", "-o", "/no/such/folder/x"},
          "-o: /no/such/folder/x is not a file that can be written");
  refused({"compare", "a.json", "b.json", "--json", "/no/such/folder/x"},
          "--json: /no/such/folder/x is not a file that can be written");
  refused({"compare", "a.json", "b.json", "--fail-below", "-1"},
          "--fail-below: -1 is not between 0 and 1000");
  CHECK_THROWS_AS(parsed({"report", "-o", "-"}), usage_error);
  CHECK_THROWS_AS(parsed({"report", "a.json"}), usage_error);
  CHECK_THROWS_AS(parsed({"compare", "a.json"}), usage_error);
  CHECK_THROWS_AS(parsed({"compare", "a.json", "b.json", "c.json"}), usage_error);
}

TEST_CASE("peers takes a list of comparisons", "[bench][flags]") {
  CHECK(parsed({"peers"}).only.empty());
  CHECK(parsed({"peers", "--only", "step,invoke/erlang"}).only ==
        std::vector<std::string>{"step", "invoke/erlang"});
  CHECK_THROWS_MATCHES(
      parsed({"peers", "--only", "step,fly"}), usage_error,
      Message("--only: 'fly' is not a comparison (known: step/hand_written_switch create/erlang "
              "invoke/hardware_probe invoke/erlang invoke_batch/hardware_probe_batch "
              "message/naive_caf message/erlang)"));
  CHECK_THROWS_AS(parsed({"run", "step", "--only", "step"}), usage_error);
}

TEST_CASE("an unknown scenario is named, and so are the known ones", "[bench][flags]") {
  CHECK_THROWS_MATCHES(parsed({"run", "step", "fly"}), usage_error,
                       Message("unknown scenario 'fly' (known: step create invoke invoke_batch "
                               "invoke_metrics message update idle_sweep wake_storm mixed waiters "
                               "list life overload acknowledge recover)"));
}

TEST_CASE("an impossible flag is named with its value and the rule", "[bench][flags]") {
  const auto refused = [](std::vector<const char*> flags, const char* why) {
    flags.insert(flags.begin(), {"run", "step"});
    CHECK_THROWS_MATCHES(parsed(flags), usage_error, Message(why));
  };
  refused({"--functions", "0"}, "--functions: 0 is not between 1 and 67108864");
  refused({"--functions", "67108865"}, "--functions: 67108865 is not between 1 and 67108864");
  refused({"--functions", "10,,20"}, "--functions: '' is not between 1 and 67108864");
  refused({"--functions", "10,20,"}, "--functions: '' is not between 1 and 67108864");
  refused({"--functions", "10,2x"}, "--functions: 2x is not between 1 and 67108864");
  refused({"--functions", "10,-2"}, "--functions: -2 is not between 1 and 67108864");
  refused({"--functions", "10,20,10"}, "--functions: 10 is not given once only (use --repeat)");
  refused({"--repeat", "0"}, "--repeat: 0 is not between 1 and 1000");
  refused({"--threads", "0"}, "--threads: 0 is not between 1 and 1024");
  refused({"--seconds", "0"}, "--seconds: 0 is not above 0 and at most 86400");
  refused({"--seconds", "nan"}, "--seconds: nan is not above 0 and at most 86400");
  refused({"--rate", "-1"}, "--rate: -1 is not between 0 and 1000000000");
  refused({"--in-flight", "0"}, "--in-flight: 0 is not between 1 and 100000");
  refused({"--functions", "9", "--hot", "10"},
          "--hot: 10 is not between 0 and the number of functions");
  refused({"--batch", "0"}, "--batch: 0 is not between 1 and 4096");
  refused({"--store", "paper"}, "--store: paper is not a known store (none, rocksdb)");
  refused({"--durability", "lost"}, "--durability: lost is not synced or buffered");
  refused({"--data", "d"}, "--data: makes no sense without --store rocksdb");
  refused({"--durability", "synced"}, "--durability: makes no sense without --store rocksdb");
  if (!bench::has_rocksdb()) {
    refused({"--store", "rocksdb"},
            "--store: rocksdb is not built in (configure with -DLIBFSM_BUILD_ROCKSDB=ON)");
  } else {
    refused({"--store", "rocksdb", "--data", ""}, "--data: '' is not a directory");
  }
  refused({"--json", "/no/such/folder/x"},
          "--json: /no/such/folder/x is not a file that can be written");
}

TEST_CASE("a population is read before anything starts", "[bench][flags]") {
  CHECK_THROWS_MATCHES(parsed({"run", "mixed", "--population", ""}), usage_error,
                       Message("--population:  is not a file that can be read"));
  const auto call =
      parsed({"run", "mixed", "--population", FSM_SOURCE_DIR "/bench/populations/default.json"});
  CHECK(call.settings.population_file == FSM_SOURCE_DIR "/bench/populations/default.json");
  CHECK(call.settings.population == bench::described_population{});
}

TEST_CASE("what CLI11 refuses is one line that names the flag", "[bench][flags]") {
  for (const auto& wrong :
       std::vector<std::vector<const char*>>{{"run"},
                                             {"fly"},
                                             {"run", "step", "--functions", "many"},
                                             {"run", "step", "--fast"},
                                             {"peers", "--rate", "5"}}) {
    try {
      (void)parsed(wrong);
      FAIL("accepted");
    } catch (const usage_error& why) {
      const std::string text = why.what();
      CHECK_FALSE(text.empty());
      CHECK(text.find('\n') == std::string::npos);
      if (wrong.size() > 2 && std::string{wrong[2]}.starts_with("--")) {
        CHECK(text.find(wrong[2]) != std::string::npos);
      }
    }
  }
}
