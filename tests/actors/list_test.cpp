#include "support/deterministic_runtime.hpp"

#include <map>

// Lists: filtered, paged, each function exactly once.

using namespace fsm::testing;
using fsm::errc;
using fsm::reason_code;
using names = std::vector<std::string>;

namespace {

struct listing : deterministic_runtime {
  [[nodiscard]] names list(fsm::list_request what) {
    names found;
    what.cursor = 0;
    for (int pages = 0; pages < 10'000; ++pages) {
      const auto page = rt().list(what);
      if (!page) return {"error"};
      CHECK(page->functions.size() <= what.limit);
      for (const auto& f : page->functions) found.push_back(f.name);
      what.cursor = page->cursor;
      if (what.cursor == 0) return found;
    }
    return {"endless"};
  }
  void create_many(const std::string& prefix, int count) {
    for (int i = 0; i < count; ++i)
      rt().create({.name = prefix + std::to_string(i)}, [](const auto&) {});
    settle();
  }
};

}  // namespace

TEST_CASE_METHOD(listing, "functions are listed in the order of their creation", "[list]") {
  CHECK(list({}).empty());
  for (const std::string name : {"c", "a", "b"}) create_active(name);
  CHECK(list({}) == names{"c", "a", "b"});
  const auto page = rt().list();
  REQUIRE(page.has_value());
  CHECK(page->cursor == 0);
  CHECK(page->functions[0].pair() == pairs::ready);
  CHECK(page->functions[0].uid == view("c").uid);
  CHECK(page->functions[0].document.empty());
}

TEST_CASE_METHOD(listing, "each situation has its list", "[list]") {
  create_inactive("idle");
  create_active("active");
  create_active("updating");
  provider->next_provisions(
      {replies::later, replies::fails(reason_code::invalid_image), replies::later});
  CHECK(create("pending") == errc::none);
  CHECK(create("failed") == errc::none);
  CHECK(update("updating") == errc::none);
  CHECK(list({.pairs = fsm::active.fulfilled}) == names{"active", "updating"});
  CHECK(list({.pairs = fsm::inactive.fulfilled}) == names{"idle"});
  CHECK(list({.pairs = fsm::failed.fulfilled}) == names{"failed"});
  CHECK(list({.pairs = fsm::table_words::in({pairs::creating})}) == names{"pending"});
  CHECK(list({.pairs = fsm::table_words::in({pairs::updating, pairs::creating})}) ==
        names{"updating", "pending"});
  CHECK(list({}).size() == 5);
}

TEST_CASE_METHOD(listing, "a list may be limited to a prefix", "[list]") {
  for (const std::string name : {"ab", "b", "a", "abc", "xab"}) create_active(name);
  CHECK(list({.prefix = "ab"}) == names{"ab", "abc"});
  CHECK(list({.prefix = "ab", .limit = 1}) == names{"ab", "abc"});
  CHECK(list({.prefix = "abcd"}).empty());
  CHECK(list({.pairs = fsm::inactive.fulfilled, .prefix = "a"}).empty());
}

TEST_CASE_METHOD(listing, "limits outside of 1 to 10000 are refused by name", "[list]") {
  CHECK(code(rt().list({.limit = 0})) == errc::invalid_argument);
  CHECK(code(rt().list({.limit = 10'001})) == errc::invalid_argument);
  CHECK(rt().list({.limit = 0}).error().message == "limit is 0; it must be from 1 to 10000");
  CHECK(rt().list({.limit = 10'000}).has_value());
}

TEST_CASE_METHOD(listing, "pages of any size hold every function exactly once", "[list]") {
  create_many("f", 150);
  const names all = list({.limit = 10'000});
  CHECK(all.size() == 150);
  for (const std::size_t limit : {1U, 7U, 63U, 64U, 65U, 149U, 150U, 151U}) {
    INFO("limit " << limit);
    CHECK(list({.limit = limit}) == all);
  }
}

TEST_CASE_METHOD(listing, "a cursor from nowhere is an empty last page", "[list]") {
  create_many("f", 3);
  for (const std::uint64_t cursor :
       {std::uint64_t{3}, std::uint64_t{1} << 20U, ~std::uint64_t{0}}) {
    const auto page = rt().list({.cursor = cursor});
    REQUIRE(page.has_value());
    CHECK(page->functions.empty());
    CHECK(page->cursor == 0);
  }
}

TEST_CASE_METHOD(
    listing, "functions that exist all the time are listed exactly once while others come and go",
    "[list]") {
  create_many("stay", 100);
  create_many("go", 100);
  std::map<std::string, int> found;
  fsm::list_request what{.limit = 9};
  int round = 0;
  do {
    const auto page = rt().list(what);
    REQUIRE(page.has_value());
    for (const auto& f : page->functions) ++found[f.name];
    what.cursor = page->cursor;
    if (round < 100) {
      CHECK(remove("go" + std::to_string(99 - round)) == errc::none);
      CHECK(create("come" + std::to_string(round)) == errc::none);
    }
    REQUIRE(++round < 1000);
  } while (what.cursor != 0);
  for (int i = 0; i < 100; ++i) CHECK(found["stay" + std::to_string(i)] == 1);
  for (const auto& [name, times] : found) CHECK(times == 1);
}

TEST_CASE_METHOD(listing, "a function that changes during the walk is listed once", "[list]") {
  create_many("f", 20);
  std::map<std::string, int> found;
  fsm::list_request what{.limit = 5};
  do {
    const auto page = rt().list(what);
    REQUIRE(page.has_value());
    for (const auto& f : page->functions) ++found[f.name];
    what.cursor = page->cursor;
    for (const std::string name : {"f0", "f10", "f19"}) CHECK(update(name) == errc::none);
  } while (what.cursor != 0);
  CHECK(found.size() == 20);
  for (const auto& [name, times] : found) CHECK(times == 1);
}
