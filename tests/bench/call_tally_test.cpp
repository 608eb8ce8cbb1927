#include "call_tally.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace bench;
using fsm::errc;

TEST_CASE("a tally counts every kind of answer, and adds up with others", "[bench][call_tally]") {
  call_tally first;
  for (int i = 0; i < 3; ++i) first.add(call_kind::invoke, errc::none);
  first.add(call_kind::invoke, errc::function_initializing);
  call_tally all;
  all.add(call_kind::remove, errc::not_found);
  all.merge(first);
  CHECK(all.count(call_kind::invoke, errc::none) == 3);
  CHECK(all.count(call_kind::remove, errc::not_found) == 1);
  CHECK(all.total(call_kind::invoke) == 4);
  CHECK(all.total() == 5);
  CHECK(all.to_lines() ==
        std::vector<std::string>{"invoke 4 (80 %): accepted 75 %, function_initializing 25 %",
                                 "delete 1 (20 %): not_found 100 %"});
  CHECK(all.to_json() ==
        R"({"invoke":{"accepted":3,"function_initializing":1},"get":{"accepted":0},)"
        R"("update":{"accepted":0},"list":{"accepted":0},"create":{"accepted":0},)"
        R"("delete":{"accepted":0,"not_found":1}})");
}

TEST_CASE("refusals that the lifecycle demands are told from failures", "[bench][call_tally]") {
  CHECK_FALSE(is_failure(call_kind::invoke, errc::function_initializing));
  CHECK_FALSE(is_failure(call_kind::create, errc::already_exists));
  CHECK_FALSE(is_failure(call_kind::update, errc::update_in_progress));
  CHECK(is_failure(call_kind::create, errc::not_found));
  CHECK(is_failure(call_kind::get, errc::already_exists));
  CHECK(is_failure(call_kind::list, errc::not_found));
  for (std::size_t i = 0; i < call_kind_names.size(); ++i) {
    const auto kind = static_cast<call_kind>(i);
    CHECK_FALSE(is_failure(kind, errc::none));
    CHECK_FALSE(is_failure(kind, errc::too_many_requests));
    for (const auto why : {errc::outcome_unknown, errc::function_failed, errc::internal,
                           errc::stopped, errc::invalid_argument}) {
      CHECK(is_failure(kind, why));
    }
  }
}

TEST_CASE("the share of throttled calls is that of all calls", "[bench][call_tally]") {
  call_tally tally;
  CHECK(tally.throttled() == 0);
  for (int i = 0; i < 3; ++i) tally.add(call_kind::invoke, errc::none);
  tally.add(call_kind::create, errc::too_many_requests);
  CHECK(tally.throttled() == 0.25);
}
