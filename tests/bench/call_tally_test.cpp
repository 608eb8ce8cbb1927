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
  CHECK(is_demanded(call_kind::invoke, errc::function_initializing));
  CHECK(is_demanded(call_kind::create, errc::already_exists));
  CHECK(is_demanded(call_kind::update, errc::update_in_progress));
  CHECK_FALSE(is_demanded(call_kind::create, errc::not_found));
  CHECK_FALSE(is_demanded(call_kind::list, errc::not_found));
  for (const auto why : {errc::too_many_requests, errc::outcome_unknown, errc::function_failed,
                         errc::internal, errc::stopped}) {
    for (std::size_t kind = 0; kind < call_kind_names.size(); ++kind)
      CHECK_FALSE(is_demanded(static_cast<call_kind>(kind), why));
  }
}
