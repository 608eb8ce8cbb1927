#include "store_meter.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <array>
#include <vector>

using namespace bench;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Answers commits when it is told to.
class late_store final : public forwarding_store {
public:
  late_store() : forwarding_store{fsm::make_null_store()} {}
  void commit(const fsm::commit_batch& /*batch*/, committed done) override {
    waiting_.push_back(std::move(done));
  }
  void answer(fsm::expected<void> with) {
    for (auto& each : std::exchange(waiting_, {})) each(with);
  }

private:
  std::vector<committed> waiting_;
};

}  // namespace

TEST_CASE("commits count when they have succeeded, those of notes never", "[bench][store]") {
  const auto inner = std::make_shared<late_store>();
  const auto meter = std::make_shared<store_meter>();
  metered_store store{inner, meter};
  std::array<fsm::change*, 3> changes{};
  int answered = 0;
  const auto count = [&answered](const auto&) { ++answered; };

  store.commit({.changes = changes, .notes = {}}, count);
  store.commit({}, count);
  CHECK(meter->take().commits == 0);
  inner->answer({});
  auto counts = meter->take();
  CHECK(answered == 2);
  CHECK(counts.transitions == 3);
  CHECK(counts.commits == 1);
  CHECK(counts.latency.count() == 1);
  CHECK(counts.transitions_per_commit() == 3);

  store.commit({.changes = changes, .notes = {}}, count);
  inner->answer(fsm::unexpected(fsm::error{fsm::errc::internal, "no"}));
  CHECK(answered == 3);
  CHECK(meter->take().transitions == 0);
}

TEST_CASE("counts add up", "[bench][store]") {
  commit_counts sum;
  for (int i = 0; i < 2; ++i) {
    store_meter meter;
    meter.add(10, std::chrono::microseconds{50});
    meter.add(2, std::chrono::microseconds{70});
    sum.add(meter.take());
  }
  CHECK(sum.transitions == 24);
  CHECK(sum.commits == 4);
  CHECK(sum.latency.count() == 4);
}

TEST_CASE("commits are told with their rate where the time is known", "[bench][store]") {
  store_meter meter;
  for (int i = 0; i < 4; ++i) meter.add(500, std::chrono::microseconds{100});
  const auto counts = meter.take();
  measurement timed;
  note_commits(timed, counts, 2);
  REQUIRE(timed.more.remarks.size() == 1);
  CHECK_THAT(timed.more.remarks[0], ContainsSubstring("2,000 transitions (1,000/s) in 4 commits") &&
                                        ContainsSubstring("of 500.0"));
  measurement untimed;
  note_commits(untimed, counts, 0);
  CHECK_THAT(untimed.more.remarks.at(0), ContainsSubstring("preparations included"));
  for (const auto& [name, value] : untimed.more.members) CHECK(name != "transitions_per_second");
  measurement quiet;
  note_commits(quiet, {}, 2);
  CHECK(quiet.more.empty());
}
