#include "support/deterministic_runtime.hpp"

#include <catch2/matchers/catch_matchers_string.hpp>

#include <memory>

// What tenants share, and that none of them gets so much of it that nothing is left for others.

using namespace fsm::testing;
using Catch::Matchers::ContainsSubstring;
using fsm::errc;
using names = std::vector<std::string>;

namespace {

struct tenants : deterministic_runtime {
  /// A function of this tenant's whose attempt goes as the provider's script says.
  [[nodiscard]] errc create_for(const std::string& tenant, const std::string& name) {
    return create({.name = name, .tenant = tenant});
  }
  /// Both tenants are known: each has an Active function of its own name.
  void meet_both() {
    for (const std::string tenant : {"loud", "quiet"})
      REQUIRE(create_for(tenant, tenant) == errc::none);
  }
  /// So many functions whose names begin with the tenant's; gives how many were accepted.
  std::size_t create_many(const std::string& tenant, std::size_t count) {
    std::size_t accepted = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (create_for(tenant, tenant + "-" + std::to_string(i)) == errc::none) ++accepted;
    }
    return accepted;
  }
  /// Calls of the provider about functions whose names begin so, and that are not answered.
  [[nodiscard]] std::size_t unanswered(const std::string& prefix) const {
    std::size_t count = 0;
    for (const auto& c : provider->calls()) {
      if (!c.is_release && !c.answered && c.name.starts_with(prefix)) ++count;
    }
    return count;
  }
};

}  // namespace

// -- attempts in flight ---------------------------------------------------------------------------

TEST_CASE_METHOD(tenants, "A tenant that is alone may have every place", "[tenants]") {
  how.provisioner.in_flight_max = 8;
  provider->provisions(replies::later);
  CHECK(create_many("loud", 10) == 10);
  CHECK(unanswered("loud") == 8);
}

TEST_CASE_METHOD(tenants, "A provider that answers nobody of one tenant does not stop others",
                 "[tenants]") {
  how.provisioner.in_flight_max = 8;
  meet_both();
  provider->provisions(replies::later);
  CHECK(create_many("loud", 100) == 100);
  CHECK(unanswered("loud") == 6);
  // The others have places at once, as if there were no loud tenant.
  for (const std::string name : {"a", "b", "c"}) {
    CHECK(create_for("quiet", name) == errc::none);
    const auto asked = provider->provisions_of(name);
    REQUIRE(asked.size() == 1);
    provider->answer(asked.front());
    settle();
    CHECK(pair_of(name) == pairs::ready);
  }
  CHECK(unanswered("loud") == 6);
}

TEST_CASE_METHOD(tenants, "Without shares one tenant may have every place", "[tenants]") {
  how.tenant_share = 0;
  how.provisioner.in_flight_max = 8;
  meet_both();
  provider->provisions(replies::later);
  CHECK(create_many("loud", 10) == 10);
  CHECK(unanswered("loud") == 8);
}

TEST_CASE_METHOD(tenants, "What a tenant gives back it may have again", "[tenants]") {
  how.provisioner.in_flight_max = 8;
  meet_both();
  provider->provisions(replies::later);
  CHECK(create_many("loud", 9) == 9);
  REQUIRE(unanswered("loud") == 6);
  provider->answer(provider->provisions_of("loud-0").front());
  settle();
  CHECK(unanswered("loud") == 6);
  CHECK(provider->order().back() == "loud-6");
}

TEST_CASE_METHOD(tenants,
                 "A tenant whose tries are all lost has one place in the end, and its share again "
                 "with the first answer",
                 "[tenants]") {
  how.provisioner.in_flight_max = 8;
  how.provisioner.attempts_max = 1;
  how.provisioner.attempt_timeout = 10s;
  meet_both();
  provider->provisions(replies::later);
  CHECK(create_many("loud", 30) == 30);
  REQUIRE(unanswered("loud") == 6);
  advance(10s);  // All of them are lost, and their attempts have failed.
  const auto begun = [this] { return provider->order().size() - 2; };
  CHECK(begun() == 7);
  advance(10s);
  CHECK(begun() == 8);
  // Somebody answers again: as many as ever are in flight.
  provider->answer(provider->provisions_of("loud-7").front());
  settle();
  CHECK(pair_of("loud-7") == pairs::ready);
  CHECK(begun() == 8 + 6);
}

TEST_CASE_METHOD(tenants, "Tenants that are not answered do not shrink those that are",
                 "[tenants]") {
  how.provisioner.in_flight_max = 8;
  how.provisioner.attempts_max = 1;
  how.provisioner.attempt_timeout = 10s;
  meet_both();
  provider->provisions(replies::later);
  CHECK(create_many("loud", 7) == 7);
  advance(10s);
  REQUIRE(unanswered("loud") == 7);  // Six that are over, and one more.
  CHECK(create_many("quiet", 10) == 10);
  CHECK(unanswered("quiet") == 6);
}

// -- what waits -----------------------------------------------------------------------------------

TEST_CASE_METHOD(tenants, "A tenant's storm is refused while there is room for others",
                 "[tenants]") {
  how.provisioner.in_flight_max = 1;
  how.provisioner.queued_max = 7;
  create_inactive("sleeper");
  meet_both();
  provider->provisions(replies::later);
  CHECK(create_many("loud", 10) == 6);
  const auto refused = rt().create({.name = "one-more", .tenant = "loud"});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == errc::too_many_requests);
  CHECK_THAT(refused.error().message, ContainsSubstring("loud"));
  CHECK(get_code("one-more") == errc::not_found);
  CHECK(update("loud") == errc::too_many_requests);
  CHECK(view("loud").revision == 2);
  const caught_view later;
  rt().update({.name = "loud"}, later.callback());
  settle();
  CHECK(code(later.last()) == errc::too_many_requests);
  // What needs no attempt goes on, and so do the others.
  CHECK(invoke("loud") == errc::none);
  CHECK(update("quiet") == errc::none);
  CHECK(invoke("sleeper") == errc::function_initializing);
  CHECK(remove("loud-5") == errc::none);
  CHECK(update("loud") == errc::too_many_requests);
  CHECK(remove("loud-4") == errc::none);
}

TEST_CASE_METHOD(tenants, "A wake-up of a tenant that has its share is refused and changes nothing",
                 "[tenants]") {
  how.provisioner.in_flight_max = 1;
  how.provisioner.queued_max = 3;
  REQUIRE(create_for("quiet", "quiet") == errc::none);
  REQUIRE(create_for("loud", "sleeper") == errc::none);
  advance(how.idle_after + 1s);
  REQUIRE(state_of("sleeper") == fsm::state::inactive);
  provider->provisions(replies::later);
  CHECK(create_many("loud", 4) == 3);
  CHECK(invoke("sleeper") == errc::too_many_requests);
  CHECK(pair_of("sleeper") == pairs::idle);
  CHECK(invoke("quiet") == errc::function_initializing);
}

TEST_CASE_METHOD(tenants, "A tenant does not fill the way to the store", "[tenants]") {
  how.journal_max = 16;
  meet_both();
  store->hold();
  const auto storm = [this](const std::string& tenant, std::size_t count) {
    std::vector<caught_view> answers(count);
    for (std::size_t i = 0; i < count; ++i) {
      rt().create({.name = tenant + "-" + std::to_string(i), .tenant = tenant},
                  answers[i].callback());
      settle_before_commit();
    }
    std::size_t refused = 0;
    for (const caught_view& each : answers) {
      if (each.count() != 0 && code(each.last()) == errc::too_many_requests) ++refused;
    }
    return refused;
  };
  CHECK(storm("loud", 20) == 8);
  CHECK(storm("quiet", 3) == 0);
  const caught_view update_of_loud;
  rt().update({.name = "loud"}, update_of_loud.callback());
  CHECK(code(update_of_loud.last()) == errc::too_many_requests);
  let_through();
  CHECK(pair_of("loud-11") == pairs::ready);
  CHECK(pair_of("quiet-2") == pairs::ready);
  CHECK(get_code("loud-12") == errc::not_found);
  CHECK(update("loud") == errc::none);
}

TEST_CASE_METHOD(tenants, "A tenant's waiters leave room for those of others", "[tenants]") {
  how.waiters_max = 8;
  meet_both();
  std::vector<caught_view> answers(10);
  std::vector<fsm::subscription> waits;
  const auto wait = [&](const std::string& name, const caught_view& answer) {
    waits.push_back(rt().wait(name, fsm::inactive, 1h, answer.callback()));
    settle();
  };
  for (const caught_view& each : answers) wait("loud", each);
  CHECK(answers[5].count() == 0);
  CHECK(code(answers[6].last()) == errc::too_many_requests);
  const caught_view other;
  wait("quiet", other);
  CHECK(other.count() == 0);
  waits.front().cancel();
  settle();
  const caught_view again;
  wait("loud", again);
  CHECK(again.count() == 0);
  waits.clear();
}

// -- after a restart ------------------------------------------------------------------------------

TEST_CASE("What one tenant was owed before a restart does not hold up what others were",
          "[tenants][recovery]") {
  const auto clock = std::make_shared<fsm::manual_clock>();
  const auto provider = std::make_shared<scripted_provider>(clock);
  fsm::options how;
  how.store = fsm::make_memory_store();
  how.provider = provider;
  how.clock = clock;
  how.functions_max = 256;
  how.threads = 1;
  how.provisioner.in_flight_max = 4;
  provider->provisions(replies::later);
  {
    fsm::runtime first{how};
    for (int i = 0; i < 20; ++i)
      REQUIRE(first.create({.name = "loud-" + std::to_string(i), .tenant = "loud"}));
    REQUIRE(first.create({.name = "quiet", .tenant = "quiet"}));
  }
  const std::size_t before = provider->call_count();
  fsm::runtime second{how};
  second.settle();
  std::size_t asked_for_loud = 0;
  for (std::size_t i = before; i < provider->call_count(); ++i) {
    if (provider->at(i).name.starts_with("loud")) ++asked_for_loud;
  }
  CHECK(asked_for_loud == 3);
  CHECK(provider->at(provider->call_count() - 1).name == "quiet");
  provider->answer(provider->call_count() - 1);
  second.settle();
  CHECK(second.get("quiet")->pair() == pairs::ready);
}
