#include "call_window.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

using namespace bench;

namespace {

/// So many calls; answers come at once, or from a thread of its own in the order of the questions.
class counted_work final : public windowed_work {
public:
  explicit counted_work(std::uint64_t calls, bool elsewhere = false) : left_{calls} {
    if (elsewhere) answering_ = std::jthread{[this](const std::stop_token& stop) { answer(stop); }};
  }

  std::optional<std::uint64_t> next() override {
    if (left_ == 0) return std::nullopt;
    return --left_;
  }
  void start(outstanding_call& which) override {
    if (!answering_.joinable()) return finish(which);
    const std::lock_guard lock{mutex_};
    asked_.push_back(&which);
    most_ = std::max(most_, asked_.size());
    wake_.notify_one();
  }
  [[nodiscard]] std::size_t most() {
    const std::lock_guard lock{mutex_};
    return most_;
  }

private:
  void finish(outstanding_call& which) {
    const fsm::error wrong{fsm::errc::not_found, "number " + std::to_string(which.item())};
    which.finish(which.item() % 10 == 3 ? &wrong : nullptr);
  }
  void answer(const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    while (wake_.wait(lock, stop, [this] { return !asked_.empty(); })) {
      outstanding_call* const first = asked_.front();
      asked_.pop_front();
      finish(*first);
    }
  }

  std::uint64_t left_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<outstanding_call*> asked_;
  std::size_t most_ = 0;
  std::jthread answering_;  // Last: it uses everything above.
};

}  // namespace

TEST_CASE("a window counts every answer, and failures apart", "[bench][window]") {
  call_window window{4};
  counted_work work{1'000};
  const auto got = window.run(work, {.how = {.seconds = 60}, .begin = bench::clock::now()});
  CHECK(got.ops == 900);
  CHECK(got.failures == 100);
  CHECK(got.first_failure == "not_found: number 993");
  CHECK(got.latency.count() == 13);  // One in 64, and three of these 16 failed.
}

TEST_CASE("answers may come on another thread, and no more calls are out than fit",
          "[bench][window]") {
  call_window window{4};
  counted_work work{10'000, true};
  const auto got = window.run(work, {.how = {.seconds = 60}, .begin = bench::clock::now()});
  CHECK(got.ops + got.failures == 10'000);
  CHECK(got.failures == 1'000);
  CHECK(work.most() <= 4);
}

TEST_CASE("a window ends when the time is over, and can be used again", "[bench][window]") {
  call_window window{2};
  for (int i = 0; i < 2; ++i) {
    counted_work endless{std::uint64_t{1} << 60};
    const auto got = window.run(endless, {.how = {.seconds = 0.01}, .begin = bench::clock::now()});
    CHECK(got.ops > 0);
    CHECK(got.seconds >= 0.01);
    CHECK(got.seconds < 30);
  }
}

TEST_CASE("an open loop times every call from its intended start and keeps its schedule",
          "[bench][window]") {
  const bool sleeps = GENERATE(false, true);
  call_window window{2};
  counted_work endless{std::uint64_t{1} << 60};
  const auto got = window.run(endless, {.how = {.seconds = 0.05, .rate = 1'000},
                                        .begin = bench::clock::now(),
                                        .index = 0,
                                        .sleeps = sleeps});
  CHECK(got.ops > 0);
  CHECK(got.ops + got.failures <= 50);
  CHECK(got.latency.count() == got.ops);
  CHECK(got.seconds >= 0.05);
}
