#include "admission_word.hpp"
#include "holds.hpp"
#include "interned.hpp"
#include "state_index.hpp"
#include <fsm/store.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

// Small parts, each beside the simplest thing that does the same.

using fsm::legal_pairs;
using fsm::reason_code;
using fsm::testing::holds;

namespace {

using steps = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

/// What to do, and to which one.
rc::Gen<steps> any_steps(std::uint32_t kinds, std::uint32_t things) {
  return rc::gen::resize(
      300, rc::gen::container<steps>(rc::gen::pair(rc::gen::inRange<std::uint32_t>(0, kinds),
                                                   rc::gen::inRange<std::uint32_t>(0, things))));
}

struct word_model {
  std::uint32_t in_flight = 0;
  std::uint32_t generation = 0;
  bool open = false;
  bool gone = false;
};

void use(fsm::detail::admission_word& word, word_model& model, std::uint32_t kind,
         std::uint32_t generation) {
  switch (kind) {
    case 0: {
      auto seen = word.load();
      if (!seen.open()) return;
      while (!word.try_admit(seen)) {  // It may fail for no reason.
      }
      ++model.in_flight;
      return;
    }
    case 1: {
      const bool counts = generation == model.generation && model.in_flight != 0;
      RC_ASSERT(word.try_complete(generation) == counts);
      if (counts) --model.in_flight;
      return;
    }
    case 2:
      if (model.gone) return;
      word.open();
      model.open = true;
      return;
    case 3:
      RC_ASSERT(word.try_close() == (model.in_flight == 0));
      if (model.in_flight == 0) model.open = false;
      return;
    case 4:
      RC_ASSERT(word.renew(generation == 0).in_flight() == model.in_flight);
      model = {0, model.generation + 1, false, generation == 0};
      return;
    default:
      if (!model.gone) return;
      word.reset();
      model = {0, model.generation, false, false};
      return;
  }
}

}  // namespace

TEST_CASE("The admission word counts what runs, of one generation at a time", "[properties]") {
  holds("the admission word is four variables", [] {
    fsm::detail::admission_word word;
    word_model model;
    for (const auto& [kind, generation] : *any_steps(6, 8)) {
      use(word, model, kind, generation);
      const auto now = word.load();
      RC_ASSERT(now.in_flight() == model.in_flight);
      RC_ASSERT(now.generation() == model.generation);
      RC_ASSERT(now.open() == model.open);
      RC_ASSERT(now.gone() == model.gone);
    }
  });
}

TEST_CASE("The index of situations and reasons says what a map says", "[properties]") {
  holds("the index is a map", [] {
    constexpr std::uint32_t slots = 130;
    constexpr std::array reasons{reason_code::none, reason_code::idle, reason_code::creating,
                                 reason_code::internal_error};
    fsm::detail::state_index index{slots};
    std::map<std::uint32_t, fsm::lifecycle_record> model;
    for (const auto& [kind, slot] : *any_steps(legal_pairs.size() * 16, slots)) {
      const fsm::lifecycle_record before = model[slot];
      fsm::lifecycle_record after;
      after.pair = legal_pairs[kind / 16];
      if (after.pair != fsm::pairs::absent) {
        after.state_reason = reasons[kind % 4];
        after.update_reason = reasons[kind / 4 % 4];
      }
      index.move(slot, before.pair, after.pair);
      index.tell_reasons(slot, before, after);
      model[slot] = after;
    }
    const fsm::pair_set all{static_cast<std::uint16_t>((1U << legal_pairs.size()) - 1)};
    for (std::uint32_t slot = 0; slot < slots; ++slot)
      RC_ASSERT(index.find(slot, all) == model[slot].pair);
    const auto count = [&](auto belongs) {
      return static_cast<std::uint64_t>(std::count_if(
          model.begin(), model.end(), [&](const auto& each) { return belongs(each.second); }));
    };
    for (std::size_t i = 1; i < legal_pairs.size(); ++i) {
      RC_ASSERT(index.count(i) ==
                count([i](const auto& record) { return record.pair == legal_pairs[i]; }));
    }
    for (const reason_code why : reasons) {
      if (why == reason_code::none) continue;
      RC_ASSERT(index.count(why) == count([why](const auto& record) {
                  return record.state_reason == why || record.update_reason == why;
                }));
      std::uint64_t in_words = 0;
      for (std::size_t word = 0; word < 3; ++word)
        in_words += static_cast<std::uint64_t>(std::popcount(index.word(word, why)));
      RC_ASSERT(in_words == index.count(why));
    }
  });
}

TEST_CASE("A ring of any size keeps the last transitions, and knows how many", "[properties]") {
  holds("the ring is a queue", [] {
    const fsm::history_ring ring{
        *rc::gen::inRange<std::uint8_t>(1, fsm::history_ring::size_max + 1)};
    const auto total = *rc::gen::inRange<std::uint32_t>(0, 500);
    std::map<std::uint32_t, std::uint32_t> places;
    std::deque<std::uint32_t> last;
    std::uint8_t counter = 0;
    for (std::uint32_t number = 0; number < total; ++number) {
      places[counter % ring.size] = number;
      counter = ring.next(counter);
      last.push_back(number);
      if (last.size() > ring.size) last.pop_front();
    }
    std::vector<std::uint32_t> kept;
    for (const auto& [place, number] : places) kept.push_back(number);
    std::sort(kept.begin(), kept.end());
    RC_ASSERT(std::equal(kept.begin(), kept.end(), last.begin(), last.end()));
    RC_ASSERT(std::min<std::size_t>(counter, ring.size) == last.size());
  });
}

TEST_CASE("Equal values have equal numbers, and each number its value", "[properties]") {
  holds("interning is a map", [] {
    const auto room = *rc::gen::inRange<std::size_t>(1, 600);
    fsm::detail::interned<std::string> values{room};
    std::map<std::string, std::int32_t> model;
    for (const auto& [kind, thing] : *rc::gen::resize(2000, any_steps(2, 800))) {
      const auto value = std::to_string(thing);
      const std::int32_t index = values.index_of(value);
      if (const auto known = model.find(value); known != model.end()) {
        RC_ASSERT(index == known->second);
      } else if (model.size() == room) {
        RC_ASSERT(index == -1);
        continue;
      } else {
        RC_ASSERT(index == static_cast<std::int32_t>(model.size()));
        model.emplace(value, index);
      }
      RC_ASSERT(values[static_cast<std::size_t>(index)] == value);
    }
  });
}
