#include "holds.hpp"
#include <fsm/runtime.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

// Lists in pages of any size, while functions come and go.

using fsm::testing::holds;

namespace {

constexpr std::uint64_t names_max = 80;

struct population_under_test {
  fsm::runtime functions{[] {
    fsm::options how;
    how.clock = std::make_shared<fsm::manual_clock>();
    how.functions_max = 1024;
    how.threads = 1;
    return how;
  }()};
  std::set<std::string> there;

  /// Makes the function, or removes it.
  void toggle(std::uint64_t number) {
    const auto name = (number % 3 == 0 ? "a-" : "b-") + std::to_string(number);
    if (there.erase(name) != 0) {
      RC_ASSERT(functions.remove(name).has_value());
    } else {
      RC_ASSERT(functions.create({.name = name, .document = "{}"}).has_value());
      there.insert(name);
    }
  }
};

std::vector<std::uint64_t> any_names() {
  return *rc::gen::resize(120, rc::gen::container<std::vector<std::uint64_t>>(
                                   rc::gen::inRange<std::uint64_t>(0, names_max)));
}

}  // namespace

TEST_CASE("Pages of any size give every function that is there all the while exactly once",
          "[properties]") {
  holds("a walk gives each once", [] {
    population_under_test population;
    for (const auto number : any_names()) population.toggle(number);
    const auto prefix = *rc::gen::element<std::string>("", "a-", "b-", "c");
    std::set<std::string> stayed = population.there;
    std::map<std::string, int> listed;
    const auto meanwhile = any_names();
    std::size_t done = 0;
    fsm::list_request what{.prefix = prefix};
    do {
      what.limit = *rc::gen::inRange<std::size_t>(1, 40);
      const auto page = population.functions.list(what);
      RC_ASSERT(page.has_value());
      RC_ASSERT(page->functions.size() <= what.limit);
      for (const auto& each : page->functions) ++listed[each.name];
      what.cursor = page->cursor;
      if (done < meanwhile.size()) population.toggle(meanwhile[done++]);
      std::erase_if(stayed, [&](const auto& name) { return !population.there.contains(name); });
    } while (what.cursor != 0);
    for (const auto& name : stayed) {
      if (name.starts_with(prefix)) RC_ASSERT(listed[name] == 1);
    }
    for (const auto& [name, times] : listed) RC_ASSERT(times == 0 || name.starts_with(prefix));
  });
}

TEST_CASE("Names come in byte order, each once, whatever the size of the pages", "[properties]") {
  holds("names are paged in order", [] {
    population_under_test population;
    for (const auto number : any_names()) population.toggle(number);
    const auto prefix = *rc::gen::element<std::string>("", "a-", "b-1", "c");
    std::vector<std::string> listed;
    for (std::string after;;) {
      const auto limit = *rc::gen::inRange<std::size_t>(1, 40);
      const auto page = population.functions.names(prefix, after, limit);
      RC_ASSERT(page.has_value());
      RC_ASSERT(page->size() <= limit);
      listed.insert(listed.end(), page->begin(), page->end());
      if (page->empty()) break;
      after = listed.back();
    }
    std::vector<std::string> expected;
    for (const auto& name : population.there) {
      if (name.starts_with(prefix)) expected.push_back(name);
    }
    RC_ASSERT(listed == expected);
  });
}
