#include "peers.hpp"

#include "scenarios.hpp"

#include <catch2/catch_test_macros.hpp>

#include <set>

using namespace bench;

TEST_CASE("every comparison has a target and a peer, and those of a scenario are together",
          "[bench][peers]") {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  std::set<std::string_view> scenarios;
  std::string_view last;
  for (const auto& each : all_comparisons()) {
    INFO(each.scenario << '/' << each.peer);
    CHECK(seen.emplace(each.scenario, each.peer).second);
    CHECK((each.scenario == last || scenarios.insert(each.scenario).second));
    CHECK(each.target > 0);
    CHECK(each.make_peer != nullptr);
    last = each.scenario;
  }
  const std::set<std::pair<std::string_view, std::string_view>> promised{
      {"step", "hand_written_switch"},
      {"create", "erlang"},
      {"invoke", "hardware_probe"},
      {"invoke", "erlang"},
      {"invoke_batch", "hardware_probe_batch"},
      {"message", "naive_caf"},
      {"message", "erlang"}};
  CHECK(seen == promised);
}

TEST_CASE("comparisons are named by scenario, or by scenario and peer", "[bench][peers]") {
  for (const auto* name : {"invoke", "invoke/erlang", "message/naive_caf", "invoke_batch"}) {
    CHECK(names_comparison(name));
  }
  for (const auto* name : {"", "erlang", "invoke/", "/erlang", "invoke/naive_caf", "fly",
                           "invoke/erlang/", "invoke_"}) {
    INFO(name);
    CHECK_FALSE(names_comparison(name));
  }
}

TEST_CASE("only what is asked for needs memory, all sides of it", "[bench][peers]") {
  settings how;
  how.functions = 1'000'000;
  CHECK_THROWS_AS(require_memory_for_peers(how, {"message/naive_caf"}, 1'500'000'000), usage_error);
  CHECK_NOTHROW(require_memory_for_peers(how, {"message/naive_caf"}, 2'500'000'000));
  CHECK_NOTHROW(require_memory_for_peers(how, {"step", "invoke/hardware_probe"}, 1'500'000'000));
  CHECK_THROWS_AS(require_memory_for_peers(how, {}, 1'500'000'000), usage_error);
}

TEST_CASE("a comparison that is made has its ratio, and the others are left out",
          "[bench][peers]") {
  settings how;
  how.functions = 100;
  how.threads = 1;
  how.seconds = 0.05;
  report all;
  REQUIRE(run_peers(how, {"invoke/hardware_probe"}, all));
  REQUIRE(all.ratios.size() == 1);
  CHECK(all.ratios[0].peer == "hardware_probe");
  CHECK(all.ratios[0].missing.empty());
  CHECK(all.ratios[0].rounds == 5);
  CHECK(all.ratios[0].lowest <= all.ratios[0].median);
  CHECK(all.ratios[0].target == 0.7);
  REQUIRE(all.results.size() == 2);
  CHECK(all.results[0].scenario == "invoke");
  CHECK(all.results[1].scenario == "invoke/hardware_probe");
}
