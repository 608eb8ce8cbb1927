#include "holds.hpp"
#include <fsm/step.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <ostream>
#include <vector>

// What must hold over whole lives: any events in any order. What holds of single steps is walked
// through completely in libfsm/walk_test.cpp.

using namespace std::chrono_literals;
using fsm::answer;
using fsm::effect;
using fsm::event;
using fsm::lifecycle_record;
using fsm::outcome;
using fsm::testing::holds;

namespace {

/// Something that happens, said in relation to the function it happens to.
struct incident {
  fsm::event event = event::read;
  std::uint32_t attempts_ago = 0;
  fsm::duration pause{};
  fsm::reason_code reason = fsm::reason_code::none;
  bool knows_revision = false;

  friend std::ostream& operator<<(std::ostream& out, const incident& i) {
    return out << to_string(i.event) << " -" << i.attempts_ago << " +" << i.pause.count() << "ms";
  }
};

rc::Gen<std::vector<incident>> lives() {
  const auto one = rc::gen::build<incident>(
      rc::gen::set(&incident::event,
                   rc::gen::map(rc::gen::inRange<int>(0, static_cast<int>(fsm::event_count)),
                                [](int number) { return static_cast<event>(number); })),
      rc::gen::set(&incident::attempts_ago,
                   rc::gen::weightedElement<std::uint32_t>({{8, 0}, {1, 1}, {1, 2}})),
      rc::gen::set(&incident::pause, rc::gen::element<fsm::duration>(0ms, 1s, 5min, 6min + 1ms)),
      rc::gen::set(&incident::reason,
                   rc::gen::element(fsm::reason_code::none, fsm::reason_code::internal_error,
                                    fsm::reason_code::subnet_out_of_ip_addresses)),
      rc::gen::set(&incident::knows_revision));
  // Lives of interest are long: most events do nothing in most situations.
  return rc::gen::resize(400, rc::gen::container<std::vector<incident>>(one));
}

fsm::lifecycle_policy any_policy() {
  return {*rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>()};
}

/// Lives a life; `each` sees every step.
template <class Each>
lifecycle_record live(const std::vector<incident>& life, const Each& each) {
  const auto policy = any_policy();
  lifecycle_record record;
  fsm::timestamp now{};
  for (const incident& i : life) {
    now += i.pause;
    const fsm::happening what{.event = i.event,
                              .at = now,
                              .attempt = record.attempt - std::min(record.attempt, i.attempts_ago),
                              .reason = i.reason,
                              .expected_revision = i.knows_revision ? record.revision : 0};
    const outcome result = step(record, what, policy);
    each(record, what, result);
    record = result.next;
  }
  return record;
}

bool is_refusal(answer given) { return given != answer::accepted && given != answer::ignored; }

}  // namespace

TEST_CASE("Over any life revisions and attempts only grow, by one at a time", "[properties]") {
  holds("revisions and attempts grow", [] {
    live(*lives(), [](const lifecycle_record& before, const fsm::happening&, const outcome& r) {
      RC_ASSERT(r.next.revision - before.revision <= 1U);
      RC_ASSERT(r.next.attempt - before.attempt <= 1U);
      RC_ASSERT(r.next.version <= r.next.attempt);
      RC_ASSERT(r.next.held <= r.next.attempt);
      RC_ASSERT(r.next.since >= before.since);
    });
  });
}

TEST_CASE("In any life what is refused or ignored leaves everything as it was", "[properties]") {
  holds("refusals change nothing", [] {
    live(*lives(), [](const lifecycle_record& before, const fsm::happening&, const outcome& r) {
      const bool starts_restore = r.answer == answer::initializing && r.has(effect::restore);
      const bool gives_up = r.answer == answer::state_conflict && r.has(effect::abandon);
      if (!is_refusal(r.answer) && r.answer != answer::ignored) return;
      if (starts_restore || gives_up) return;
      RC_ASSERT(r.next == before);
      RC_ASSERT(r.effects.empty());
      RC_ASSERT(r.start + r.release + r.abandon == 0U);
    });
  });
}

TEST_CASE("Over any life each attempt is started once, and given back at most once",
          "[properties]") {
  holds("attempts are given back once", [] {
    enum class fate : std::uint8_t { started, released };
    std::map<std::uint32_t, fate> attempts;
    const auto last =
        live(*lives(), [&](const lifecycle_record&, const fsm::happening&, const outcome& r) {
          for (const std::uint32_t gone : {r.release, r.abandon}) {
            if (gone == 0) continue;
            RC_ASSERT(attempts.contains(gone));
            RC_ASSERT(attempts[gone] == fate::started);
            attempts[gone] = fate::released;
          }
          if (r.start != 0) RC_ASSERT(attempts.emplace(r.start, fate::started).second);
        });
    // Those that are left are what the function has or is waiting for.
    for (const auto& [number, what] : attempts) {
      if (what == fate::released) continue;
      const bool waits = last.pair.state == fsm::state::pending || last.target() != 0;
      RC_ASSERT(number == last.held || (waits && number == last.attempt));
    }
  });
}

TEST_CASE("In any life what came too late for its attempt does nothing", "[properties]") {
  holds("late completions do nothing", [] {
    live(*lives(),
         [](const lifecycle_record& before, const fsm::happening& what, const outcome& r) {
           const bool is_completion =
               what.event >= event::attempt_started && what.event <= event::restore_failed;
           if (!is_completion || what.attempt == before.attempt) return;
           RC_ASSERT(r.answer == answer::ignored);
           RC_ASSERT(r.next == before);
         });
  });
}

TEST_CASE("In any life a function that is updated stays in the State it is in, until it is there",
          "[properties]") {
  holds("an update keeps the State", [] {
    live(*lives(),
         [](const lifecycle_record& before, const fsm::happening& what, const outcome& r) {
           if (before.pair.state != fsm::state::active) return;
           if (what.event != event::update && what.event != event::update_failed &&
               what.event != event::update_succeeded) {
             return;
           }
           RC_ASSERT(r.next.pair.state == fsm::state::active);
           RC_ASSERT(r.next.held != 0U);
           if (what.event != event::update_succeeded) RC_ASSERT(r.next.version == before.version);
         });
  });
}
