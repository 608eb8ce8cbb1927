#include "claims.hpp"
#include "interrupt.hpp"
#include "population.hpp"
#include "random.hpp"
#include "workload.hpp"

#include <deque>
#include <string>
#include <thread>

namespace bench {
namespace {

/// One thread that updates random functions, none that an update is on its way for.
class updater final : public windowed_work {
public:
  updater(population& whom, const name_list& names, claims& busy, bool synchronous,
          random_numbers random)
      : whom_{whom}, names_{names}, busy_{busy}, synchronous_{synchronous}, random_{random} {}

  std::optional<std::uint64_t> next() override {
    constexpr int draws_per_pause = 64;
    const auto give_up_at = clock::now() + call_patience;
    for (int draws = 1; !interrupted(); ++draws) {
      const auto item = random_.below(names_.size());
      if (busy_.try_take(item)) return item;
      if (draws % draws_per_pause != 0) continue;
      if (clock::now() > give_up_at) break;
      std::this_thread::yield();
    }
    return std::nullopt;
  }

  void start(outstanding_call& which) override {
    fsm::update_request what;
    what.name = names_[which.item()];
    if (synchronous_) {
      auto got = whom_.runtime().update(std::move(what));
      if (got) got = wait_now(which.item());
      finish(which, got);
    } else {
      // Two pointers, so that the function object needs no memory of its own.
      whom_.runtime().update(std::move(what),
                             [this, at = &which](const auto& got) { on_started(*at, got); });
    }
  }

private:
  using answer = fsm::expected<fsm::function_view>;

  [[nodiscard]] answer wait_now(std::uint64_t item) {
    return whom_.runtime().wait(names_[item], fsm::settled, call_patience);
  }

  void on_started(outstanding_call& which, const answer& got) {
    if (!got) return finish(which, got);
    whom_.runtime()
        .wait(names_[which.item()], fsm::settled, call_patience,
              [this, at = &which](const auto& settled) { finish(*at, settled); })
        .detach();
  }

  void finish(outstanding_call& which, const answer& got) {
    busy_.give_back(which.item());
    if (!got) return which.finish(&got.error());
    if (got->update_status == fsm::last_update_status::successful) return which.finish(nullptr);
    const fsm::error failed{fsm::errc::internal, "an update did not become Successful"};
    which.finish(&failed);
  }

  population& whom_;
  const name_list& names_;
  claims& busy_;
  bool synchronous_;
  random_numbers random_;
};

class update_workload final : public workload {
public:
  explicit update_workload(const settings& how)
      : names_{how.functions}, busy_{how.functions}, population_{how, names_} {
    const auto in_flight = how.in_flight.value_or(1);
    for (std::size_t i = 0; i < how.threads; ++i) {
      windows_.emplace_back(in_flight);
      updaters_.emplace_back(population_, names_, busy_, in_flight == 1,
                             random_numbers{how.seed, i});
    }
    population_.fill(how.threads);
  }

  measurement measure(const pace& how) override {
    const auto parts = in_parallel(updaters_.size(), [&](std::size_t i, time_point begin) {
      return windows_[i].run(updaters_[i], {how, begin, i, updaters_.size()});
    });
    return together(parts, how);
  }
  std::uint64_t functions() const override { return names_.size(); }
  double bytes_per_function() const override { return population_.bytes_per_function(); }

private:
  name_list names_;
  // Callbacks may still be on their last instructions when their thread has gone on: these go after
  // the runtime.
  claims busy_;
  std::deque<call_window> windows_;
  std::deque<updater> updaters_;
  population population_;
};

}  // namespace

std::unique_ptr<workload> make_update(const settings& how) {
  return std::make_unique<update_workload>(how);
}

}  // namespace bench
