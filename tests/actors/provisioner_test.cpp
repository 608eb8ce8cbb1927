#include "support/deterministic_runtime.hpp"

#include <algorithm>

// Attempts to make and release resources: how many, in which order, how often, and what becomes of
// late answers.

using namespace fsm::testing;
using fsm::errc;
using fsm::event;
using fsm::reason_code;
using names = std::vector<std::string>;
using numbers = std::vector<std::uint32_t>;

namespace {

struct provisioning : deterministic_runtime {
  [[nodiscard]] std::vector<fsm::duration> gaps(const std::string& name) const {
    std::vector<fsm::duration> spans;
    const auto calls = provider->provisions_of(name);
    for (std::size_t i = 1; i < calls.size(); ++i)
      spans.push_back(provider->at(calls[i]).at - provider->at(calls[i - 1]).at);
    return spans;
  }
  void create_for(const std::string& tenant, const std::string& name) {
    CHECK(create({.name = name, .tenant = tenant}) == errc::none);
  }
};

}  // namespace

// -- bounds ---------------------------------------------------------------------------------------

TEST_CASE_METHOD(provisioning,
                 "no more attempts are in flight than allowed; the rest follows one by one",
                 "[provisioner]") {
  how.provisioner.in_flight_max = 2;
  provider->provisions(replies::later);
  for (const std::string name : {"a", "b", "c", "d"}) CHECK(create(name) == errc::none);
  CHECK(provider->order() == names{"a", "b"});
  provider->answer(1);
  settle();
  CHECK(provider->order() == names{"a", "b", "c"});
  provider->answer(0, replies::fails(reason_code::invalid_image));
  settle();
  CHECK(provider->order() == names{"a", "b", "c", "d"});
  CHECK(pair_of("a") == pairs::broken);
  CHECK(pair_of("b") == pairs::ready);
}

TEST_CASE_METHOD(provisioning,
                 "beyond the queue's limit callers are refused and nothing is created or changed",
                 "[provisioner]") {
  how.provisioner.in_flight_max = 1;
  how.provisioner.queued_max = 2;
  create_active("old");
  provider->provisions(replies::later);
  for (const std::string name : {"a", "b", "c"}) CHECK(create(name) == errc::none);
  const std::size_t transitions = seen->transitions().size();
  const auto refused = rt().create({.name = "d"});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == errc::too_many_requests);
  CHECK(update("old") == errc::too_many_requests);
  const caught_view later;
  rt().create({.name = "d"}, later.callback());
  settle();
  CHECK(code(later.last()) == errc::too_many_requests);
  CHECK(get_code("d") == errc::not_found);
  CHECK(view("old").revision == 2);
  CHECK(seen->transitions().size() == transitions);
  // What needs no attempt goes on.
  CHECK(invoke("old") == errc::none);
  CHECK(remove("a") == errc::none);

  provider->answer(1);  // The place of "a" is free once its last try is over.
  settle();
  CHECK(create("d") == errc::none);
}

TEST_CASE_METHOD(provisioning,
                 "an invocation that would need a restore is refused when the queue is full, and "
                 "nothing is restored",
                 "[provisioner]") {
  how.provisioner.in_flight_max = 1;
  how.provisioner.queued_max = 1;
  create_inactive("idle");
  provider->provisions(replies::later);
  CHECK(create("a") == errc::none);
  CHECK(create("b") == errc::none);
  CHECK(invoke("idle") == errc::too_many_requests);
  CHECK(pair_of("idle") == pairs::idle);
}

TEST_CASE_METHOD(provisioning, "tenants take turns, however much one of them wants",
                 "[provisioner]") {
  how.provisioner.in_flight_max = 1;
  provider->next_provisions({replies::later});
  create_for("loud", "first");
  for (int i = 1; i <= 4; ++i) create_for("loud", "loud-" + std::to_string(i));
  create_for("quiet", "quiet-1");
  create_for("quiet", "quiet-2");
  provider->answer(0);
  settle();
  CHECK(provider->order() ==
        names{"first", "quiet-1", "loud-1", "quiet-2", "loud-2", "loud-3", "loud-4"});
}

TEST_CASE_METHOD(
    provisioning,
    "functions somebody waits for come before those of the same tenant nobody waits for",
    "[provisioner]") {
  how.provisioner.in_flight_max = 1;
  provider->next_provisions({replies::later});
  for (const std::string name : {"first", "a", "b", "c"}) CHECK(create(name) == errc::none);
  const caught_view answer;
  const auto waiting = rt().wait("c", fsm::active, 1h, answer.callback());
  settle();
  provider->answer(0);
  settle();
  CHECK(provider->order() == names{"first", "c", "a", "b"});
  CHECK(pair_in(answer.last()) == pairs::ready);
}

TEST_CASE_METHOD(provisioning, "who waits before the attempt starts is preferred, too",
                 "[provisioner]") {
  how.provisioner.in_flight_max = 1;
  create_inactive("idle");
  provider->next_provisions({replies::later});
  CHECK(create("first") == errc::none);
  const caught_view for_new;
  const caught_view for_idle;
  // Waits for a function that does not exist yet, and gives up on nothing.
  const auto waiting =
      rt().wait("new", fsm::condition{fsm::active.fulfilled, {}}, 1h, for_new.callback());
  const auto waiting_again = rt().wait("idle", fsm::active, 1h, for_idle.callback());
  settle();
  CHECK(create("a") == errc::none);
  CHECK(create("new") == errc::none);
  CHECK(invoke("idle") == errc::function_initializing);
  provider->answer(provider->provisions_of("first").at(0));
  settle();
  CHECK(provider->order() == names{"idle", "first", "new", "idle", "a"});
  CHECK(pair_in(for_new.last()) == pairs::ready);
  CHECK(pair_in(for_idle.last()) == pairs::ready);
}

// -- deadlines and retries ------------------------------------------------------------------------

TEST_CASE_METHOD(provisioning,
                 "a transient failure is tried again with the same token, after a pause that grows",
                 "[provisioner]") {
  how.provisioner.attempts_max = 6;
  how.provisioner.backoff_min = 200ms;
  how.provisioner.backoff_max = 1s;
  provider->provisions(replies::transient);
  CHECK(create("f") == errc::none);
  advance(1min);
  const auto calls = provider->provisions_of("f");
  REQUIRE(calls.size() == 6);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    CHECK(provider->at(calls[i]).token == provider->at(calls[0]).token);
    CHECK(provider->at(calls[i]).request.try_number == i + 1);
  }
  const auto pauses = gaps("f");
  const std::vector<fsm::duration> longest{200ms, 400ms, 800ms, 1s, 1s};
  for (std::size_t i = 0; i < longest.size(); ++i) {
    INFO("pause " << i << " is " << pauses[i].count() << " ms");
    CHECK(pauses[i] <= longest[i]);
    CHECK(pauses[i] >= longest[i] / 2);
  }
  const auto failed = view("f");
  CHECK(failed.pair() == pairs::broken);
  CHECK(failed.state_reason_code == reason_code::internal_error);
  CHECK(failed.state_reason == "try again");
  CHECK(provider->released("f") == numbers{1});
}

TEST_CASE_METHOD(provisioning, "the pauses depend on the seed and on nothing else",
                 "[provisioner]") {
  provider->provisions(replies::transient);
  how.provisioner.attempts_max = 5;
  how.seed = 7;
  CHECK(create("f") == errc::none);
  advance(1min);
  deterministic_runtime same{how.run};
  same.how.provisioner.attempts_max = 5;
  same.how.seed = 7;
  same.provider->provisions(replies::transient);
  CHECK(same.create("f") == errc::none);
  same.advance(1min);
  const auto first = provider->provisions_of("f");
  const auto second = same.provider->provisions_of("f");
  REQUIRE(first.size() == 5);
  REQUIRE(second.size() == 5);
  for (std::size_t i = 0; i < 5; ++i)
    CHECK(provider->at(first[i]).at == same.provider->at(second[i]).at);
}

TEST_CASE_METHOD(provisioning, "a try that is not answered in time is lost and made again",
                 "[provisioner]") {
  provider->next_provisions({replies::later});
  CHECK(create("f") == errc::none);
  advance(100s - 1ms);
  CHECK(provider->provisions_of("f").size() == 1);
  CHECK(pair_of("f") == pairs::creating);
  advance(1ms + 200ms);
  CHECK(provider->provisions_of("f").size() == 2);
  CHECK(pair_of("f") == pairs::ready);
  CHECK(provider->releases_of("f").empty());
}

TEST_CASE_METHOD(provisioning,
                 "when every try is lost the attempt fails with InternalError and is released",
                 "[provisioner]") {
  how.provisioner.attempts_max = 2;
  provider->provisions(replies::later);
  CHECK(create("f") == errc::none);
  advance(201s);
  CHECK(provider->provisions_of("f").size() == 2);
  const auto failed = view("f");
  CHECK(failed.pair() == pairs::broken);
  CHECK(failed.state_reason_code == reason_code::internal_error);
  CHECK(failed.state_reason == "the resource provider did not answer in time");
  CHECK(provider->released("f") == numbers{1});
}

TEST_CASE_METHOD(provisioning, "an attempt ends with its deadline, whatever tries are left",
                 "[provisioner]") {
  how.provisioner.attempts_max = 100;
  how.provisioner.provision_deadline = 250s;
  provider->provisions(replies::later);
  CHECK(create("f") == errc::none);
  advance(250s - 1ms);
  CHECK(pair_of("f") == pairs::creating);
  CHECK(provider->provisions_of("f").size() == 3);
  advance(1ms);
  CHECK(pair_of("f") == pairs::broken);
  CHECK(seen->transitions_of("f").back().at == seen->transitions_of("f").front().at + 250s);
}

TEST_CASE_METHOD(provisioning, "a final failure is not tried again", "[provisioner]") {
  provider->next_provisions({replies::fails(reason_code::subnet_out_of_ip_addresses)});
  CHECK(create("f") == errc::none);
  advance(1h);
  CHECK(provider->provisions_of("f").size() == 1);
  CHECK(pair_of("f") == pairs::broken);
}

TEST_CASE_METHOD(provisioning,
                 "a provider that throws is tried again like one that fails for a moment",
                 "[provisioner]") {
  provider->next_provisions({replies::throws, replies::throws});
  CHECK(create("f") == errc::none);
  advance(1s);
  CHECK(provider->provisions_of("f").size() == 3);
  CHECK(pair_of("f") == pairs::ready);
  provider->provisions(replies::throws);
  CHECK(create("g") == errc::none);
  advance(1s);
  CHECK(view("g").state_reason == "the resource provider threw an exception");
  CHECK(view("g").state_reason_code == reason_code::internal_error);
}

TEST_CASE_METHOD(provisioning,
                 "an answer may take its time, come from another thread or come twice",
                 "[provisioner]") {
  provider->next_provisions({replies::after(7s), replies::later, replies::twice});
  for (const std::string name : {"slow", "elsewhere", "twice"}) CHECK(create(name) == errc::none);
  CHECK(pair_of("twice") == pairs::ready);
  provider->answer(1, replies::at_once, true);
  settle();
  CHECK(pair_of("elsewhere") == pairs::ready);
  advance(7s - 1ms);
  CHECK(pair_of("slow") == pairs::creating);
  advance(1ms);
  CHECK(pair_of("slow") == pairs::ready);
  CHECK(view("twice").revision == 2);
  CHECK(seen->stale().empty());
}

// -- late answers ---------------------------------------------------------------------------------

TEST_CASE_METHOD(provisioning,
                 "a late success of an earlier try counts, and its resources stay in use",
                 "[provisioner]") {
  provider->provisions(replies::later);
  CHECK(create("f") == errc::none);
  advance(101s);
  REQUIRE(provider->provisions_of("f").size() == 2);
  provider->answer(0);  // The first try, late; the second is under way.
  settle();
  CHECK(pair_of("f") == pairs::ready);
  provider->answer(1);  // The same token once more: already in use.
  settle();
  CHECK(pair_of("f") == pairs::ready);
  CHECK(provider->releases_of("f").empty());
  CHECK(provider->held() == std::set{admit("f").resource()});
}

TEST_CASE_METHOD(provisioning, "a late failure of an earlier try does not end the current one",
                 "[provisioner]") {
  provider->provisions(replies::later);
  CHECK(create("f") == errc::none);
  advance(101s);
  provider->answer(0, replies::fails(reason_code::invalid_image));
  settle();
  CHECK(pair_of("f") == pairs::creating);
  provider->answer(1);
  settle();
  CHECK(pair_of("f") == pairs::ready);
}

TEST_CASE_METHOD(provisioning,
                 "a success after the attempt has failed is stale: told to observers, and released",
                 "[provisioner]") {
  how.provisioner.attempts_max = 1;
  provider->provisions(replies::later);
  CHECK(create("f") == errc::none);
  advance(100s);
  CHECK(pair_of("f") == pairs::broken);
  CHECK(provider->released("f") == numbers{1});
  provider->answer(0);
  settle();
  CHECK(pair_of("f") == pairs::broken);
  CHECK(seen->stale() == std::vector{provider->at(0).token});
  CHECK(provider->released("f") == numbers{1, 1});
  CHECK(provider->held().empty());
}

TEST_CASE_METHOD(
    provisioning,
    "a success that comes while the release of its attempt is under way is released once more",
    "[provisioner]") {
  how.provisioner.attempts_max = 1;
  provider->provisions(replies::later);
  provider->releases(replies::later);
  CHECK(create("f") == errc::none);
  advance(100s);
  const auto release = provider->releases_of("f");
  REQUIRE(release.size() == 1);
  provider->answer(release[0]);  // It found nothing to release...
  provider->answer(0);           // ...as this had not been made yet.
  settle();
  const auto again = provider->releases_of("f");
  REQUIRE(again.size() == 2);
  provider->answer(again[1]);
  settle();
  CHECK(provider->held().empty());
}

TEST_CASE_METHOD(provisioning,
                 "a success that overtakes the confirmation of its release is released once more",
                 "[provisioner]") {
  how.provisioner.attempts_max = 1;
  provider->provisions(replies::later);
  provider->next_releases({replies::later});
  CHECK(create("f") == errc::none);
  advance(100s);
  REQUIRE(provider->releases_of("f").size() == 1);
  provider->answer(0);
  settle();
  // The provider confirms a release that had found nothing: what came after it is still there.
  provider->answer(1, replies::transient);
  settle();
  advance(1min);
  CHECK(provider->held().empty());
}

TEST_CASE_METHOD(provisioning,
                 "a late success of an old attempt does not touch the resources of a newer one",
                 "[provisioner]") {
  how.provisioner.attempts_max = 1;
  create_inactive("f");
  provider->next_provisions({replies::later});
  CHECK(invoke("f") == errc::function_initializing);
  advance(100s);
  CHECK(pair_of("f") == pairs::idle);
  CHECK(invoke("f") == errc::function_initializing);
  CHECK(pair_of("f") == pairs::ready);
  provider->answer(provider->provisions_of("f").at(1));
  settle();
  CHECK(pair_of("f") == pairs::ready);
  CHECK(admit("f").resource().number == 3);
  CHECK(provider->held() == std::set{admit("f").resource()});
  CHECK(provider->released("f") == numbers{1, 2, 2});
}

// -- around it ------------------------------------------------------------------------------------

TEST_CASE_METHOD(provisioning, "observers hear of every try, and of its token", "[provisioner]") {
  provider->next_provisions({replies::transient});
  CHECK(create({.name = "f", .document = "one", .tenant = "blue"}) == errc::none);
  advance(1s);
  const auto attempts = seen->attempts();
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0].try_number == 1);
  CHECK(attempts[1].try_number == 2);
  CHECK(attempts[0].token == attempts[1].token);
  CHECK(attempts[1].tenant == "blue");
  CHECK(attempts[1].name == "f");
}

TEST_CASE_METHOD(provisioning, "a provider is given the document, unless it does not want it",
                 "[provisioner]") {
  CHECK(create("f") == errc::none);
  provider->wants_documents(false);
  CHECK(create("g", "two") == errc::none);
  CHECK(provider->at(0).request.document == "one");
  CHECK(provider->at(1).request.document.empty());
  CHECK(view("g").document == "two");
}

TEST_CASE_METHOD(provisioning, "a document that is read too late is not provisioned any more",
                 "[provisioner]") {
  store->hold_next_document();
  CHECK(create("f") == errc::none);
  advance(100s - 1ms);
  CHECK(provider->call_count() == 0);
  advance(1ms + 200ms);
  REQUIRE(provider->call_count() == 1);
  CHECK(provider->at(0).request.try_number == 2);
  store->give_document_out();
  settle();
  CHECK(provider->call_count() == 1);
  CHECK(pair_of("f") == pairs::ready);
}

TEST_CASE_METHOD(provisioning,
                 "a document that is read when an earlier try has succeeded is not provisioned",
                 "[provisioner]") {
  provider->next_provisions({replies::later});
  CHECK(create("f") == errc::none);
  store->hold_next_document();
  advance(101s);
  provider->answer(0);
  settle();
  CHECK(pair_of("f") == pairs::ready);
  store->give_document_out();
  settle();
  CHECK(provider->call_count() == 1);
}

TEST_CASE_METHOD(provisioning, "a document that is read late, but in time, is provisioned",
                 "[provisioner]") {
  store->hold_next_document();
  CHECK(create("f") == errc::none);
  advance(100s - 1ms);
  store->give_document_out();
  settle();
  REQUIRE(provider->call_count() == 1);
  CHECK(provider->at(0).request.try_number == 1);
  CHECK(pair_of("f") == pairs::ready);
}

TEST_CASE_METHOD(provisioning, "an answer that comes after the stop harms nobody",
                 "[provisioner]") {
  provider->provisions(replies::later);
  CHECK(create("f") == errc::none);
  expect_broken();
  rt().stop();
  provider->answer(0);
  CHECK(seen->transitions().size() == 1);
}
