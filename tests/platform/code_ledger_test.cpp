#include "code/code_ledger.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using platform::code::code_ledger;
using platform::code::digest;
using platform::code::package;

namespace {

constexpr std::uint64_t plenty = 1'000'000;

package named(char letter, std::uint64_t size = 10) { return {digest(32, letter), size}; }

// A ledger that has seen all functions of an earlier life, and the functions a test invents.
struct ledger_under_test {
  std::size_t woken = 0;
  std::shared_ptr<code_ledger> ledger = std::make_shared<code_ledger>([this] { ++woken; });
  std::uint32_t revision = 0;

  explicit ledger_under_test(bool scanned = true) {
    if (scanned) ledger->finish_scan({});
  }

  void transition(std::uint64_t uid, fsm::pair from, fsm::pair to) {
    fsm::transition what;
    what.uid = uid;
    what.name = "f" + std::to_string(uid);
    what.from = from;
    what.to = to;
    what.revision = ++revision;
    ledger->on_transition(what);
  }

  fsm::function_view view(std::uint64_t uid, fsm::pair now) const {
    fsm::function_view result;
    result.uid = uid;
    result.name = "f" + std::to_string(uid);
    result.state = now.state;
    result.update_status = now.update_status;
    result.revision = revision;
    return result;
  }

  void create(std::uint64_t uid, const std::optional<package>& code) {
    transition(uid, fsm::pairs::absent, fsm::pairs::creating);
    ledger->note(view(uid, fsm::pairs::creating), code);
    transition(uid, fsm::pairs::creating, fsm::pairs::ready);
  }

  void start_update(std::uint64_t uid, const std::optional<package>& code) {
    transition(uid, fsm::pairs::ready, fsm::pairs::updating);
    ledger->note(view(uid, fsm::pairs::updating), code);
  }

  void remove(std::uint64_t uid) { transition(uid, fsm::pairs::ready, fsm::pairs::absent); }

  // The packages that may be removed now, by their letters.
  std::string removable() {
    std::string result;
    for (const auto& each : ledger->take_unused(100)) {
      if (ledger->strike(each)) result.push_back(each.front());
    }
    std::sort(result.begin(), result.end());
    return result;
  }
};

}  // namespace

TEST_CASE("a package is in use until the last of its functions is deleted") {
  ledger_under_test t;
  t.create(1, named('a'));
  t.create(2, named('a'));
  CHECK(t.removable().empty());
  t.remove(1);
  CHECK(t.removable().empty());
  t.remove(2);
  CHECK(t.woken > 0);
  CHECK(t.removable() == "a");
  CHECK(t.removable().empty());
}

TEST_CASE("an update uses both packages, and the one that lost is unused at its end") {
  ledger_under_test t;
  t.create(1, named('a'));
  t.start_update(1, named('b'));
  CHECK(t.removable().empty());
  SECTION("when it succeeds, the old one") {
    t.transition(1, fsm::pairs::updating, fsm::pairs::ready);
    CHECK(t.removable() == "a");
    t.remove(1);
    CHECK(t.removable() == "b");
  }
  SECTION("when it fails, the new one") {
    t.transition(1, fsm::pairs::updating, fsm::pairs::update_failed);
    CHECK(t.removable() == "b");
    t.remove(1);
    CHECK(t.removable() == "a");
  }
  SECTION("when the function is deleted, both") {
    t.transition(1, fsm::pairs::updating, fsm::pairs::absent);
    CHECK(t.removable() == "ab");
  }
}

TEST_CASE("an update that keeps the package leaves it in use") {
  ledger_under_test t;
  t.create(1, named('a'));
  t.start_update(1, named('a'));
  t.transition(1, fsm::pairs::updating, fsm::pairs::ready);
  CHECK(t.removable().empty());
  t.remove(1);
  CHECK(t.removable() == "a");
}

TEST_CASE("a package that a request holds is in use, whatever becomes of its functions") {
  ledger_under_test t;
  auto held = t.ledger->take(named('a'), plenty);
  t.create(1, named('a'));
  t.remove(1);
  CHECK(t.removable().empty());
  held.reset();
  CHECK(t.removable() == "a");
}

TEST_CASE("a package that comes into use again before it is struck stays") {
  ledger_under_test t;
  t.create(1, named('a'));
  t.remove(1);
  const auto unused = t.ledger->take_unused(100);
  REQUIRE(unused.size() == 1);
  const auto held = t.ledger->take(named('a'), plenty);
  CHECK_FALSE(t.ledger->strike(unused[0]));
}

TEST_CASE("nothing is unused while the document of a function is not known") {
  ledger_under_test t;
  t.create(1, named('a'));
  t.transition(2, fsm::pairs::absent, fsm::pairs::ready);  // By somebody who does not tell.
  t.remove(1);
  CHECK(t.removable().empty());
  REQUIRE(t.ledger->unknown(10).size() == 1);
  CHECK(t.ledger->unknown(10)[0].name == "f2");
  SECTION("it has the same package") {
    t.ledger->note(t.view(2, fsm::pairs::ready), named('a'));
    CHECK(t.removable().empty());
    t.remove(2);
    CHECK(t.removable() == "a");
  }
  SECTION("it has another one") {
    t.ledger->note(t.view(2, fsm::pairs::ready), named('b'));
    CHECK(t.removable() == "a");
  }
  SECTION("it is gone") {
    t.ledger->forget(2);
    CHECK(t.removable() == "a");
  }
}

TEST_CASE("what was looked up before a function changed does not count") {
  ledger_under_test t;
  t.transition(1, fsm::pairs::absent, fsm::pairs::ready);
  const auto before = t.view(1, fsm::pairs::ready);
  t.transition(1, fsm::pairs::ready, fsm::pairs::updating);
  t.ledger->note(before, named('a'));
  CHECK(t.ledger->unknown(10).size() == 1);
  // It shows what the update brings; what it has can be seen when that has failed.
  t.ledger->note(t.view(1, fsm::pairs::updating), named('b'));
  CHECK(t.ledger->unknown(10).empty());
  auto held = t.ledger->take(named('c'), plenty);
  held.reset();
  CHECK(t.removable().empty());
  SECTION("it fails") {
    t.transition(1, fsm::pairs::updating, fsm::pairs::update_failed);
    CHECK(t.ledger->unknown(10).size() == 1);
    CHECK(t.removable().empty());
    t.ledger->note(t.view(1, fsm::pairs::update_failed), named('a'));
    CHECK(t.removable() == "bc");
  }
  SECTION("it succeeds") {
    t.transition(1, fsm::pairs::updating, fsm::pairs::ready);
    CHECK(t.removable() == "c");
    t.remove(1);
    CHECK(t.removable() == "b");
  }
}

TEST_CASE("until all functions of an earlier life have been looked at, nothing is removed") {
  ledger_under_test t{false};
  t.create(1, named('a'));
  t.remove(1);
  CHECK(t.removable().empty());
  t.revision = 7;
  const auto old = t.view(2, fsm::pairs::ready);
  CHECK(t.ledger->expect(old));
  t.ledger->note(old, named('b'));
  CHECK_FALSE(t.ledger->expect(old));
  CHECK(t.removable().empty());
  const auto missing = t.ledger->finish_scan({digest(32, 'a'), digest(32, 'z')});
  CHECK(missing == std::vector{digest(32, 'b')});
  CHECK(t.removable() == "az");
}

TEST_CASE("a function of an earlier life that is updated before its turn keeps its old package") {
  ledger_under_test t{false};
  t.start_update(2, named('b'));
  t.ledger->finish_scan({digest(32, 'a'), digest(32, 'b')});
  CHECK(t.removable().empty());
  SECTION("and when the update fails, too") {
    t.transition(2, fsm::pairs::updating, fsm::pairs::update_failed);
    CHECK(t.removable().empty());
    t.ledger->note(t.view(2, fsm::pairs::update_failed), named('a'));
    CHECK(t.removable() == "b");
  }
  SECTION("until it has succeeded") {
    t.transition(2, fsm::pairs::updating, fsm::pairs::ready);
    CHECK(t.removable() == "a");
  }
}

TEST_CASE("code is summed over functions by what they show, and refused beyond the limit") {
  ledger_under_test t;
  t.create(1, named('a', 30));
  t.create(2, named('a', 30));
  t.create(3, std::nullopt);
  CHECK(t.ledger->total_bytes() == 60);
  t.start_update(1, named('b', 5));
  CHECK(t.ledger->total_bytes() == 35);
  t.transition(1, fsm::pairs::updating, fsm::pairs::update_failed);
  CHECK(t.ledger->total_bytes() == 60);
  CHECK_FALSE(t.ledger->take(named('c', 41), 100));
  CHECK(t.ledger->has_room(named('c', 40), 100));
  const auto held = t.ledger->take(named('c', 40), 100);
  CHECK(held);
  CHECK_FALSE(t.ledger->has_room(named('d', 1), 100));
  t.remove(1);
  CHECK(t.ledger->total_bytes() == 30);
  CHECK(t.ledger->has_room(named('d', 30), 100));
}
