#include "keeping_provider.hpp"

#include "names.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace bench;

namespace {

struct asked {
  name_list names{10};
  scattered_order order{10};
  keeping_provider provider{order, 4};
  int answers = 0;

  void provision(std::uint64_t turn) {
    fsm::provision_request what;
    what.name = names[order[turn]];
    provider.provision(what, fsm::completion{[this](auto, auto, auto) { ++answers; }});
  }
};

}  // namespace

TEST_CASE("a provider answers at once unless it is told otherwise", "[bench][provider]") {
  asked a;
  for (std::uint64_t turn = 0; turn < 10; ++turn) a.provision(turn);
  CHECK(a.answers == 10);
  CHECK(a.provider.in_flight() == 0);
  CHECK(a.provider.in_flight_most() == 1);
  a.provider.release({}, fsm::completion{[&](auto, auto, auto) { ++a.answers; }});
  CHECK(a.answers == 11);
  CHECK(a.provider.released() == 1);
}

TEST_CASE("answers are kept for the first turns, and given turn by turn", "[bench][provider]") {
  asked a;
  a.provider.keep_answers(true);
  for (std::uint64_t turn = 0; turn < 10; ++turn) a.provision(turn);
  CHECK(a.answers == 6);  // There is room for four.
  CHECK(a.provider.in_flight() == 4);
  CHECK(a.provider.in_flight_most() == 5);
  a.provider.keep_answers(false);
  a.provider.answer_kept(2);
  CHECK(a.answers == 7);
  CHECK(a.provider.in_flight() == 3);
  a.provider.answer_all_kept();
  CHECK(a.answers == 10);
  CHECK(a.provider.in_flight() == 0);
  a.provider.forget_most();
  CHECK(a.provider.in_flight_most() == 0);
}
