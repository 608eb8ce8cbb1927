#include "peers/hand_written_switch.hpp"

#include "random.hpp"
#include "scenarios/step.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <set>

namespace {

using fsm::event;
using fsm::reason_code;

constexpr std::array reasons{reason_code::none,
                             reason_code::idle,
                             reason_code::creating,
                             reason_code::restoring,
                             reason_code::internal_error,
                             reason_code::insufficient_role_permissions,
                             reason_code::subnet_out_of_ip_addresses,
                             static_cast<reason_code>(4711)};

/// Ages around each of the limits that rules look at.
constexpr std::array ages{
    fsm::duration{0},
    fsm::duration{fsm::restore_pause} - fsm::duration{std::chrono::milliseconds{1}},
    fsm::duration{fsm::restore_pause}, fsm::duration{fsm::stuck_after},
    fsm::duration{fsm::stuck_after} + fsm::duration{std::chrono::milliseconds{1}}};

/// Both are asked; what differs, or "".
std::string difference(const fsm::lifecycle_record& record, const fsm::happening& what,
                       const fsm::lifecycle_policy& policy) {
  const auto table = fsm::step(record, what, policy);
  const auto by_hand = bench::hand_written_step(record, what, policy);
  const bool same = by_hand.next == table.next && by_hand.answer == table.answer &&
                    by_hand.effects == table.effects && by_hand.start == table.start &&
                    by_hand.release == table.release && by_hand.abandon == table.abandon;
  if (same) return {};
  return std::string{to_string(what.event)} + " in " + std::string{wire_name(record.pair.state)} +
         '/' + std::string{wire_name(record.pair.update_status)} +
         (table.rule == nullptr ? ": no rule" : ": " + std::string{table.rule->id});
}

fsm::happening any_happening(bench::random_numbers& random, const fsm::lifecycle_record& record) {
  return {.event = static_cast<event>(random.below(fsm::event_count)),
          .at = record.since + ages[random.below(ages.size())],
          .attempt = record.attempt - (random.below(16) == 0 ? 1 : 0),
          .reason = reasons[random.below(reasons.size())],
          .expected_revision = random.below(16) == 0
                                   ? record.revision + static_cast<std::uint32_t>(random.below(2))
                                   : 0};
}

}  // namespace

TEST_CASE("the switch gives the table's outcome all along random walks, legal or not",
          "[bench][peers]") {
  std::set<std::string_view> rules;
  for (unsigned bits = 0; bits < 8; ++bits) {
    const fsm::lifecycle_policy policy{(bits & 1U) != 0, (bits & 2U) != 0, (bits & 4U) != 0};
    bench::random_numbers random{bits};
    fsm::lifecycle_record record;
    for (int i = 0; i < 200'000; ++i) {
      const auto what = any_happening(random, record);
      if (const auto found = difference(record, what, policy); !found.empty()) FAIL(found);
      const auto outcome = fsm::step(record, what, policy);
      if (outcome.rule != nullptr) rules.insert(outcome.rule->id);
      // Not every removal, or no walk would come far.
      if (what.event != event::remove || random.below(8) == 0) record = outcome.next;
    }
  }
  for (const auto& rule : fsm::lifecycle) {
    INFO("rule " << rule.id);
    CHECK(rules.contains(rule.id));
  }
}

TEST_CASE("the switch gives the table's outcome along the walk that is measured",
          "[bench][peers]") {
  fsm::lifecycle_record record;
  for (const auto what : bench::legal_walk(1, 65'536)) {
    const auto happened = bench::on_the_walk(record, what);
    if (const auto found = difference(record, happened, {}); !found.empty()) FAIL(found);
    record = fsm::step(record, happened).next;
  }
}

TEST_CASE("the switch ignores what the table ignores: pairs and events that are none",
          "[bench][peers]") {
  for (unsigned s = 0; s < 12; ++s) {
    for (unsigned u = 0; u < 6; ++u) {
      for (std::size_t e = 0; e <= fsm::event_count + 1; ++e) {
        for (const std::uint32_t expected : {0U, 99U}) {
          fsm::lifecycle_record record;
          record.pair = {static_cast<fsm::state>(s), static_cast<fsm::last_update_status>(u)};
          const fsm::happening what{.event = static_cast<event>(e), .expected_revision = expected};
          const auto found = difference(record, what, {});
          INFO(s << '/' << u << ", event " << e << ": " << found);
          CHECK(found.empty());
        }
      }
    }
  }
}
