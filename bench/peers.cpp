#include "peers.hpp"

#include "interrupt.hpp"
#include "peers/erlang.hpp"
#include "progress.hpp"
#include "reduce.hpp"
#include "scenarios.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace bench {
namespace {

// clang-format off
constexpr std::array comparisons{
  //          scenario        peer                    target  bytes  why not         made by
  comparison{"step",         "hand_written_switch",   0.5,       0,  nullptr,        make_hand_written_switch},
  comparison{"create",       "erlang",               10,      4000,  missing_erlang, make_erlang_create},
  comparison{"invoke",       "hardware_probe",        0.7,     240,  nullptr,        make_hardware_probe},
  comparison{"invoke",       "erlang",               10,      4000,  missing_erlang, make_erlang_invoke},
  comparison{"invoke_batch", "hardware_probe_batch",  0.3,     240,  nullptr,        make_hardware_probe_batch},
  comparison{"message",      "naive_caf",             4,      1500,  nullptr,        make_naive_caf},
  comparison{"message",      "erlang",                6,      4000,  missing_erlang, make_erlang_message},
};
// clang-format on

/// An odd number, so that there is a middle one.
constexpr std::size_t rounds_max = 5;
/// Of a scenario whose rounds take as long as they take.
constexpr std::size_t long_rounds_max = 3;

bool names(std::string_view name, const comparison& what) {
  return name == what.scenario ||
         (name.starts_with(what.scenario) && name.substr(what.scenario.size()).starts_with('/') &&
          name.substr(what.scenario.size() + 1) == what.peer);
}

/// What is to be compared, scenario by scenario.
std::vector<std::vector<comparison>> chosen(const std::vector<std::string>& only) {
  std::vector<std::vector<comparison>> groups;
  for (const auto& what : comparisons) {
    const auto named = [&](const std::string& name) { return names(name, what); };
    if (!only.empty() && std::none_of(only.begin(), only.end(), named)) continue;
    if (groups.empty() || groups.back().front().scenario != what.scenario) groups.emplace_back();
    groups.back().push_back(what);
  }
  return groups;
}

/// Why a comparison cannot be made here, or "".
std::string missing(const comparison& what) {
  if (find_scenario(what.scenario) == nullptr) {
    return std::string{what.scenario} + " is not built in";
  }
  return what.missing == nullptr ? std::string{} : what.missing();
}

/// One side of a comparison.
struct side {
  std::string name;
  std::unique_ptr<workload> work;
  measurement all;
  std::vector<double> speeds;

  void measure(const pace& how) {
    const progress_line progress{name + ": measuring", share_of_time(how.seconds)};
    auto once = work->measure(how);
    if (interrupted()) return;
    if (once.failures > 0) throw std::runtime_error{name + " failed: " + once.first_failure};
    if (once.ops == 0) throw std::runtime_error{name + " did nothing"};
    speeds.push_back(once.ops_per_second());
    all.add_later(once);
  }
  [[nodiscard]] result to_result(const settings& how) {
    const auto elsewhere = work->rss_bytes();
    return {name,
            work->functions(),
            how.threads,
            std::move(all),
            spread_of(speeds).median,
            work->bytes_per_function(),
            elsewhere == 0 ? resident_bytes() : elsewhere};
  }
};

/// A peer, and what becomes of its comparison.
struct opponent {
  explicit opponent(const comparison& what)
      : theirs{std::string{what.scenario} + '/' + std::string{what.peer}, nullptr, {}, {}} {
    verdict.scenario = what.scenario;
    verdict.peer = what.peer;
    verdict.target = what.target;
    verdict.missing = bench::missing(what);
  }

  /// Does `what` with it unless it has been given up; gives it up when that throws.
  template <class Function>
  void attempt(Function what) {
    if (!verdict.missing.empty() || interrupted()) return;
    try {
      what(theirs);
    } catch (const std::runtime_error& wrong) {
      verdict.missing = std::string{"failed: "} + wrong.what();
      failed = true;
      theirs.work.reset();
    }
  }

  side theirs;
  ratio verdict;
  bool failed = false;
};

void compare(const side& ours, opponent& with) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.speeds.size(); ++i) {
    ratios.push_back(ours.speeds[i] / with.theirs.speeds[i]);
  }
  with.verdict.rounds = ratios.size();
  const auto spread = spread_of(std::move(ratios));
  with.verdict.median = spread.median;
  with.verdict.lowest = spread.lowest;
  with.verdict.highest = spread.highest;
}

/// All sides in turns; each begins a round as often as the others, so that none always comes after
/// the same one.
void measure_in_turns(side& ours, std::vector<opponent>& peers, const settings& how,
                      bool self_paced) {
  const auto rounds = self_paced ? long_rounds_max : rounds_max;
  const pace warm_up{warm_up_seconds(how.seconds), 0};
  const pace round{how.seconds / static_cast<double>(rounds), 0};
  if (!self_paced) {
    (void)ours.work->measure(warm_up);
    for (auto& each : peers) each.attempt([&](side& it) { (void)it.work->measure(warm_up); });
  }
  const auto sides = peers.size() + 1;
  for (std::size_t i = 0; i < rounds; ++i) {
    for (std::size_t turn = 0; turn < sides && !interrupted(); ++turn) {
      const auto next = (i + turn) % sides;
      if (next == 0) {
        ours.measure(round);
      } else {
        peers[next - 1].attempt([&](side& it) { it.measure(round); });
      }
    }
  }
}

/// All sides live at the same time, and each waits while another is measured. False when a peer
/// failed.
bool run(const std::vector<comparison>& group, const settings& how, report& out) {
  std::vector<opponent> peers;
  for (const auto& each : group) peers.emplace_back(each);
  const auto present = [](const opponent& each) { return each.verdict.missing.empty(); };
  if (std::any_of(peers.begin(), peers.end(), present)) {
    const auto& what = *find_scenario(group.front().scenario);
    side ours{std::string{what.name}, what.make(how), {}, {}};
    for (std::size_t i = 0; i < peers.size(); ++i) {
      peers[i].attempt([&](side& it) { it.work = group[i].make_peer(how); });
    }
    if (interrupted()) return true;
    measure_in_turns(ours, peers, how, what.self_paced);
    if (interrupted()) return true;
    std::vector<result> theirs;
    for (auto& each : peers) {
      if (!present(each)) continue;
      compare(ours, each);
      theirs.push_back(each.theirs.to_result(how));
    }
    out.results.push_back(ours.to_result(how));
    std::move(theirs.begin(), theirs.end(), std::back_inserter(out.results));
  }
  bool fine = true;
  for (auto& each : peers) {
    fine = fine && !each.failed;
    out.ratios.push_back(std::move(each.verdict));
  }
  return fine;
}

}  // namespace

std::span<const comparison> all_comparisons() noexcept { return comparisons; }

bool names_comparison(std::string_view name) noexcept {
  return std::any_of(comparisons.begin(), comparisons.end(),
                     [&](const comparison& what) { return names(name, what); });
}

void require_memory_for_peers(const settings& how, const std::vector<std::string>& only,
                              std::uint64_t available) {
  for (const auto& group : chosen(only)) {
    std::string sides;
    std::uint64_t bytes = 0;
    for (const auto& what : group) {
      if (!missing(what).empty()) continue;
      if (sides.empty()) bytes = find_scenario(what.scenario)->function_bytes;
      bytes += what.peer_function_bytes;
      sides += (sides.empty() ? "" : ", ") + std::string{what.peer};
    }
    if (sides.empty()) continue;
    require_memory("peers: " + std::string{group.front().scenario} + " next to " + sides,
                   how.functions, bytes, available);
  }
}

bool run_peers(const settings& how, const std::vector<std::string>& only, report& out) {
  bool fine = true;
  for (const auto& group : chosen(only)) {
    if (interrupted()) break;
    fine = run(group, how, out) && fine;
  }
  return fine;
}

}  // namespace bench
