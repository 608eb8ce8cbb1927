#include "support/deterministic_runtime.hpp"

// What observers see: one order, without gaps, and never before it can be seen by everybody.

using namespace fsm::testing;
using fsm::errc;
using fsm::event;
using fsm::reason_code;

namespace {

/// Throws at everything.
struct nervous final : fsm::observer {
  void on_transition(const fsm::transition&) override { throw std::runtime_error{"no"}; }
  void on_attempt(const fsm::provision_request&) override { throw 7; }
  void on_stopped() override { throw std::runtime_error{"no"}; }
};

}  // namespace

TEST_CASE_METHOD(deterministic_runtime, "a whole life is seen in order, with causes and times",
                 "[observer]") {
  create_active("f");
  const auto start = now();
  provider->next_provisions(
      {replies::after(10s), replies::fails(reason_code::invalid_image, "bad"), replies::at_once});
  CHECK(update("f", "two") == errc::none);
  advance(10s);
  CHECK(update("f", "three") == errc::none);
  advance(how.idle_after + 1s);
  CHECK(invoke("f") == errc::function_initializing);
  CHECK(remove("f") == errc::none);

  CHECK(events_of("f") == std::vector{event::create, event::provision_succeeded, event::update,
                                      event::update_succeeded, event::update, event::update_failed,
                                      event::idle_due, event::invoke, event::restore_succeeded,
                                      event::remove});
  const auto life = seen->transitions_of("f");
  std::vector<fsm::cause> causes;
  for (const auto& t : life) causes.push_back(t.cause);
  using fsm::cause;
  CHECK(causes == std::vector{cause::request, cause::provider, cause::request, cause::provider,
                              cause::request, cause::provider, cause::timer, cause::request,
                              cause::provider, cause::request});
  CHECK(life[2].at == start);
  CHECK(life[3].at == start + 10s);
  CHECK(life[5].reason == "bad");
  CHECK(life[5].update_reason_code == reason_code::invalid_image);
  CHECK(life[9].to == pairs::absent);
}

TEST_CASE_METHOD(deterministic_runtime, "transitions of many functions are seen in one order",
                 "[observer]") {
  for (int i = 0; i < 50; ++i) rt().create({.name = "f" + std::to_string(i)}, [](const auto&) {});
  settle();
  for (int i = 0; i < 50; ++i)
    rt().update({.name = "f" + std::to_string(i), .document = "two"}, [](const auto&) {});
  for (int i = 0; i < 50; i += 2) rt().remove("f" + std::to_string(i), 0, [](const auto&) {});
  settle();
  const auto all = seen->transitions();
  REQUIRE(all.size() >= 50 * 3 + 25);
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i].sequence == i + 1);
}

TEST_CASE_METHOD(deterministic_runtime,
                 "when an observer is told of a transition everybody can see it", "[observer]") {
  std::vector<std::uint64_t> sizes;
  std::vector<caught_view> reads;
  seen->during_transition = [&](const fsm::transition& t) {
    sizes.push_back(rt().count()[index_of(t.to)]);
    reads.emplace_back();
    rt().get(t.name, reads.back().callback());
  };
  CHECK(create("f") == errc::none);
  CHECK(sizes == std::vector<std::uint64_t>{1, 1});
  REQUIRE(reads.size() == 2);
  CHECK(reads[0].last()->revision >= 1);
  CHECK(pair_in(reads[1].last()) == pairs::ready);
  seen->during_transition = nullptr;
}

TEST_CASE_METHOD(deterministic_runtime, "observers come and go; all see the same order",
                 "[observer]") {
  create_active("before");
  const auto late = std::make_shared<recording_observer>();
  {
    const auto watching = rt().watch(late);
    create_active("during");
  }
  create_active("after");
  const auto heard = late->transitions();
  REQUIRE(heard.size() == 2);
  CHECK(heard[0].name == "during");
  CHECK(heard[0].sequence == 3);
  CHECK(heard[1].sequence == 4);
  CHECK(late->stops() == 0);
}

TEST_CASE_METHOD(deterministic_runtime, "an observer may end its own watch", "[observer]") {
  const auto once = std::make_shared<recording_observer>();
  fsm::subscription watching = rt().watch(once);
  once->during_transition = [&](const fsm::transition&) { watching.cancel(); };
  create_active("f");
  CHECK(once->transitions().size() == 1);
}

TEST_CASE_METHOD(deterministic_runtime,
                 "an observer that throws harms neither the runtime nor other observers",
                 "[observer]") {
  how.observers.insert(how.observers.begin(), std::make_shared<nervous>());
  create_active("f");
  CHECK(seen->transitions().size() == 2);
  CHECK(seen->attempts().size() == 1);
}

TEST_CASE_METHOD(deterministic_runtime,
                 "the end of the runtime is the last thing an observer hears, and it hears it once",
                 "[observer]") {
  create_active("f");
  expect_broken();
  rt().stop();
  rt().stop();
  CHECK(seen->stops() == 1);
  CHECK(seen->transitions().size() == 2);
}

TEST_CASE("what was kept before the store failed is told to observers", "[observer]") {
  // Keeps the first commit back, and fails all later ones at once.
  class last_breath final : public forwarding_store {
  public:
    void commit(const fsm::commit_batch& batch, committed done) override {
      if (batch.changes.empty()) return forwarding_store::commit(batch, std::move(done));
      if (++commits_ > 1) return done(fsm::unexpected({errc::internal, "the disk is full"}));
      first_ = [this, batch, done] { forwarding_store::commit(batch, done); };
    }
    void confirm() { first_(); }

  private:
    int commits_ = 0;
    std::function<void()> first_;
  };
  deterministic_runtime world{fsm::run_mode::scheduled};
  const auto store = std::make_shared<last_breath>();
  world.how.store = store;
  world.expect_broken();
  const caught_view first;
  const caught_view second;
  world.rt().create({.name = "first"}, first.callback());
  world.settle();
  world.rt().create({.name = "second"}, second.callback());
  world.settle();
  store->confirm();
  world.settle();
  CHECK(code(first.last()) == errc::none);
  CHECK(code(second.last()) == errc::outcome_unknown);
  CHECK(world.seen->transitions_of("first").size() == 1);
  CHECK(world.seen->transitions_of("second").empty());
  CHECK(world.rt().size() == 1);
}
