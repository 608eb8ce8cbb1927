#include <fsm/simulation.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using fsm::simulation;
using fsm::simulation_plan;
using fsm::simulation_report;
using fsm::simulation_step;
using fsm::simulation_world;

TEST_CASE("Two runs of a seed are the same, to the last event", "[simulation]") {
  const simulation with;
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const simulation_report once = with.run(with.plan(seed), true);
    const simulation_report again = with.run(with.plan(seed), true);
    INFO("seed " << seed);
    CHECK(once.violation.empty());
    CHECK(once.hash == again.hash);
    CHECK(once.trace == again.trace);
    CHECK(once.messages == again.messages);
    hashes.insert(once.hash);
  }
  CHECK(hashes.size() == 20);
}

TEST_CASE("A trace changes nothing", "[simulation]") {
  const simulation with;
  CHECK(with.run(with.plan(3), true).hash == with.run(3).hash);
  CHECK(with.run(3).trace.empty());
  CHECK_FALSE(with.run(with.plan(3), true).trace.empty());
}

TEST_CASE("Seeds meet every kind of fault, and most rows of the lifecycle", "[simulation]") {
  const simulation with;
  std::array<std::uint64_t, fsm::fault_count> faults{};
  std::array<std::uint64_t, 2> rows{};
  for (std::uint64_t seed = 100; seed < 300; ++seed) {
    const simulation_report run = with.run(seed);
    INFO("seed " << seed << ": " << run.violation);
    REQUIRE(run.violation.empty());
    for (std::size_t i = 0; i < fsm::fault_count; ++i) faults[i] += run.faults[i];
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] |= run.rows[i];
  }
  for (std::size_t i = 0; i < fsm::fault_count; ++i) {
    if (static_cast<fsm::fault>(i) == fsm::fault::overload) continue;  // Too rare for so few.
    INFO(to_string(static_cast<fsm::fault>(i)));
    CHECK(faults[i] > 0);
  }
  std::size_t seen = 0;
  for (std::size_t i = 0; i < fsm::lifecycle.size(); ++i) seen += rows[i / 64] >> (i % 64) & 1U;
  CHECK(seen * 10 >= fsm::lifecycle.size() * 7);
}

TEST_CASE("Steps that are taken out leave the others what they are", "[simulation]") {
  const simulation with;
  const simulation_plan whole = with.plan(5);
  simulation_plan less = whole;
  less.steps.erase(less.steps.begin() + 10, less.steps.end() - 10);
  CHECK(less.steps.back().seed == whole.steps.back().seed);
  CHECK(with.run(less).steps == 20);
}

TEST_CASE("An invariant and an action of the user's own are part of the world", "[simulation]") {
  // "There is never a function called forbidden", and something that makes one.
  simulation with{{.steps = 60}};
  with.add_action("make forbidden", 30, [](simulation_world& world, fsm::chance&) {
    if (world.runtime() == nullptr) return;
    world.note("on purpose");
    world.runtime()->create({.name = "forbidden"}, [](const auto&) {});
  });
  with.add_invariant("no forbidden function", [](const simulation_world& world) {
    const auto& all = world.functions();
    const bool is_there = std::any_of(all.begin(), all.end(), [](const auto& f) {
      return f.second.name == "forbidden" && !f.second.is_gone;
    });
    return std::string{is_there ? "there is one" : ""};
  });
  std::uint64_t seed = 0;
  while (with.run(seed).violation != "no forbidden function: there is one") {
    REQUIRE(++seed < 50);
  }
  const simulation_plan least = with.shrink(with.plan(seed));
  // The creation, and what gives it the time to happen.
  CHECK(least.steps.size() <= 2);
  CHECK(with.name_of(least.steps.front()) == "make forbidden");
  CHECK(least.faults == 0);
  const auto trace = with.run(least, true).trace;
  CHECK(std::any_of(trace.begin(), trace.end(), [](const std::string& line) {
    return line.find("on purpose") != std::string::npos;
  }));
}

TEST_CASE("A provider of the user's own is behind the simulated network", "[simulation]") {
  // One that forgets to release.
  class forgetful final : public fsm::resource_provider {
  public:
    void provision(const fsm::provision_request& request, fsm::completion done) override {
      held_.insert(request.token);
      done.succeeded();
    }
    void release(const fsm::attempt_token& token, fsm::completion done) override {
      if (token.number != 2) held_.erase(token);
      done.succeeded();
    }
    void held(fsm::attempt_token after, std::size_t limit, held_tokens done) override {
      std::vector<fsm::attempt_token> page;
      for (auto at = held_.upper_bound(after); at != held_.end() && page.size() < limit; ++at)
        page.push_back(*at);
      done(std::move(page));
    }

  private:
    std::set<fsm::attempt_token> held_;
  };
  const simulation with{{.provider = [](const auto&) { return std::make_shared<forgetful>(); }}};
  std::uint64_t seed = 0;
  while (with.run(seed).violation.find("the provider holds") != 0) REQUIRE(++seed < 20);
}

TEST_CASE("A list is cut down to what it takes", "[simulation]") {
  std::vector<int> all(100);
  for (int i = 0; i < 100; ++i) all[static_cast<std::size_t>(i)] = i;
  int tries = 0;
  const auto contains = [](const std::vector<int>& list, int n) {
    return std::find(list.begin(), list.end(), n) != list.end();
  };
  const auto least = fsm::shrink_list<int>(all, [&](const std::vector<int>& some) {
    ++tries;
    return contains(some, 13) && contains(some, 14) && contains(some, 87);
  });
  CHECK(least == std::vector<int>{13, 14, 87});
  CHECK(tries < 150);
  CHECK(fsm::shrink_list<int>(all, [](const auto&) { return true; }).empty());
  CHECK(fsm::shrink_list<int>({1}, [](const auto& some) { return !some.empty(); }) ==
        std::vector<int>{1});
}
