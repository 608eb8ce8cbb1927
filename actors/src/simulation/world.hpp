#pragma once

#include "simulation/calls.hpp"
#include "simulation/model.hpp"
#include "simulation/owner.hpp"
#include "simulation/trace.hpp"
#include <fsm/simulation.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace fsm::simulated {

/// The world of one run.
class world final : public simulation_world {
public:
  world(const simulation_options& how, const simulation_plan& plan, bool with_trace);
  ~world() override;

  // -- simulation_world -------------------------------------------------------------------------
  [[nodiscard]] fsm::runtime* runtime() const noexcept override {
    return owner_ == nullptr ? nullptr : &*owner_->runtime;
  }
  [[nodiscard]] simulated_clock& clock() const noexcept override { return *clock_; }
  [[nodiscard]] simulated_store& store() const noexcept override { return *store_; }
  [[nodiscard]] simulated_provider& provider() const noexcept override { return *provider_; }
  [[nodiscard]] fault_plan& faults() const noexcept override { return *faults_; }
  [[nodiscard]] const std::map<std::uint64_t, simulated_function>& functions()
      const noexcept override {
    return model_.functions();
  }
  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  [[nodiscard]] bool is_healed() const noexcept override { return is_healed_; }
  void crash(duration down) override;
  void run(std::size_t count, chance& luck) override;
  void note(std::string_view what, std::uint64_t a, std::uint64_t b) override;
  void fail(std::string why) override;

  // -- for actions and the end of a run ---------------------------------------------------------
  /// The rest of the step is about one of many functions that only storms are about.
  void pick_from_crowd(chance& luck);
  /// Starts the first owner.
  void start();
  void begin_step(const simulation_step& step);
  /// What holds after every step.
  void check();
  /// Time passes; with `in_order` everything that is due on the way is done before it goes on.
  void pass(duration span, chance& luck, bool in_order);
  /// Ends the owner in order, and starts the next.
  void restart(chance& luck);
  /// The owner stands still from now on, and another one opens its store.
  void pause();
  /// The one that stood still goes on.
  void resume();
  /// It ends.
  void end_paused();
  [[nodiscard]] bool has_paused() const noexcept { return paused_ != nullptr; }
  void heal();
  /// A store that has failed is only written by the next owner.
  void replace_broken();

  [[nodiscard]] owner& current() noexcept { return *owner_; }
  [[nodiscard]] model& known() noexcept { return model_; }
  [[nodiscard]] calls& callers() noexcept { return calls_; }
  [[nodiscard]] const fsm::options& how() const noexcept { return how_; }
  void hold(admission what);
  /// Gives one invocation back, or all of them.
  void complete_one(chance& luck);
  void complete_all();
  [[nodiscard]] std::size_t held() const noexcept { return admissions_.size(); }
  [[nodiscard]] bool has_failed() const noexcept { return !violation_.empty(); }
  /// Actions of the user's own make calls that nobody else knows of.
  [[nodiscard]] bool has_strangers() const noexcept { return has_strangers_; }
  void expect_strangers() noexcept { has_strangers_ = true; }
  void report(simulation_report& to);

private:
  struct held_admission {
    std::uint64_t id = 0;
    admission what;
  };

  void start_owner();
  void end(std::unique_ptr<owner> who);
  void check_restored();
  void run_one(chance& luck);
  void tick(timestamp to);

  std::shared_ptr<simulated_clock> clock_ = std::make_shared<simulated_clock>();
  std::shared_ptr<fault_plan> faults_ = std::make_shared<fault_plan>();
  std::string violation_;
  trace trace_;
  std::unique_ptr<simulated_store> store_;
  std::unique_ptr<simulated_provider> provider_;
  fsm::options how_;
  model model_;
  calls calls_;
  std::vector<std::string> names_;
  std::string name_;
  bool is_healed_ = false;
  bool paused_goes_on_ = false;
  bool has_strangers_ = false;
  std::uint64_t messages_ = 0;
  std::uint64_t starts_ = 0;
  duration function_time_{};
  timestamp began_ = clock_->now();
  // What runs ends first.
  std::vector<held_admission> admissions_;
  std::unique_ptr<owner> paused_;
  std::unique_ptr<owner> owner_;
};

}  // namespace fsm::simulated
