#include "support/deterministic_runtime.hpp"

// Calls from inside an observer, a callback or a provider: refused where they would wait for
// themselves.

using namespace fsm::testing;
using fsm::errc;

namespace {

/// What every synchronous call gives.
std::vector<errc> codes_of_all(fsm::runtime& rt) {
  return {code(rt.create({.name = "other"})),
          code(rt.get("f")),
          code(rt.update({.name = "f"})),
          code(rt.update("f", [](const auto& v) { return v.document; })),
          code(rt.remove("f")),
          code(rt.wait("f", fsm::gone, 1s)),
          code(rt.names("", "", 1)),
          code(rt.history("f")),
          code(rt.change({.name = "f"})),
          code(rt.admit_async("f")),
          code(rt.metadata(0, 1)),
          code(rt.list({.with_details = true})),
          code(rt.explain("f")),
          code(rt.events(0)),
          code(rt.checkpoint())};
}

const std::vector<errc> all_would_deadlock(15, errc::would_deadlock);

}  // namespace

TEST_CASE_METHOD(deterministic_runtime,
                 "a synchronous call from an observer is refused, not waited for", "[reentrancy]") {
  std::vector<errc> codes;
  errc admitted = errc::none;
  seen->during_transition = [&](const fsm::transition& t) {
    if (t.to != pairs::creating) return;
    codes = codes_of_all(rt());
    admitted = code(rt().admit("f"));
  };
  CHECK(create("f") == errc::none);
  CHECK(codes == all_would_deadlock);
  CHECK(admitted == errc::would_deadlock);
  CHECK(pair_of("f") == pairs::ready);
}

TEST_CASE_METHOD(deterministic_runtime,
                 "a synchronous call from a callback is refused, not waited for", "[reentrancy]") {
  create_active("f");
  std::vector<errc> codes;
  fsm::subscription waiting =
      rt().wait("f", fsm::active, 1s, [&](const auto&) { codes = codes_of_all(rt()); });
  settle();
  CHECK(codes == all_would_deadlock);
  codes.clear();
  rt().get("f", [&](const auto&) { codes = codes_of_all(rt()); });
  settle();
  CHECK(codes == all_would_deadlock);
}

TEST_CASE_METHOD(deterministic_runtime,
                 "a synchronous call from the provider is refused, not waited for",
                 "[reentrancy]") {
  std::vector<errc> codes;
  provider->inside = [&] { codes = codes_of_all(rt()); };
  CHECK(create("f") == errc::none);
  CHECK(codes == all_would_deadlock);
  CHECK(pair_of("f") == pairs::ready);
}

TEST_CASE_METHOD(deterministic_runtime, "an observer may use the calls with callbacks",
                 "[reentrancy]") {
  const caught_view read;
  bool admitted = false;
  seen->during_transition = [&](const fsm::transition& t) {
    if (t.name == "f" && t.to == pairs::ready) {
      rt().get("f", read.callback());
      rt().create({.name = "g"}, [](const auto&) {});
      admitted = rt().admit("f").has_value();
    }
  };
  CHECK(create("f") == errc::none);
  CHECK(pair_in(read.last()) == pairs::ready);
  CHECK(admitted);
  CHECK(pair_of("g") == pairs::ready);
}

TEST_CASE_METHOD(deterministic_runtime,
                 "a stop from inside an observer closes the door and waits for nothing",
                 "[reentrancy]") {
  seen->during_transition = [&](const fsm::transition& t) {
    if (t.to == pairs::ready) rt().stop();
  };
  CHECK(create("f") == errc::none);
  CHECK(get_code("f") == errc::stopped);
  rt().stop();
}
