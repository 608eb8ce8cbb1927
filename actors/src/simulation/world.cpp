#include "simulation/world.hpp"

#include "simulation/variation.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fsm::simulated {

namespace {

/// Functions that only storms are about; more than the smallest journal takes.
constexpr std::size_t crowd = 40;

/// Sees what an owner tells, as long as it has not crashed.
class watcher final : public observer {
public:
  watcher(owner& who, model& known, trace& told, const simulated_clock& clock)
      : owner_{who}, model_{known}, trace_{told}, clock_{clock} {}

  void on_transition(const transition& t) override {
    if (owner_.is_cut) return;
    trace_.add(clock_.now(), to_string(t.event), t.name, t.sequence, owner_.epoch);
    model_.on_event(owner_.epoch, owner_.delivered, t);
    owner_.delivered = t.sequence;
  }
  void on_attempt(const provision_request& what) override {
    if (!owner_.is_cut) model_.on_try(what);
  }

private:
  owner& owner_;
  model& model_;
  trace& trace_;
  const simulated_clock& clock_;
};

}  // namespace

world::world(const simulation_options& how, const simulation_plan& plan, bool with_trace)
    : trace_{with_trace, how.trace_max},
      how_{how.varies_options ? vary(how.how, chance{chance::mix(plan.seed, 1)}) : how.how},
      model_{*clock_, [this](std::string why) { fail(std::move(why)); }},
      calls_{model_, trace_, *clock_, [this](std::string why) { fail(std::move(why)); }} {
  choose_faults(*faults_, plan.faults, chance{chance::mix(plan.seed, 2)});
  store_ = std::make_unique<simulated_store>(clock_, faults_, 0);
  provider_ = std::make_unique<simulated_provider>(clock_, faults_, 0,
                                                   how.provider ? how.provider(clock_) : nullptr);
  for (std::size_t i = 0; i < std::max<std::size_t>(how.functions, 1); ++i)
    names_.push_back(fmt::format("f{}", i));
  store_->on_opened = [this](const store::opened& what) {
    model_.on_opened(what);
    owner_->epoch = what.epoch;
    owner_->delivered = what.last_sequence;
  };
  store_->on_kept = [this](const commit_batch& batch) {
    trace_.add(clock_->now(), "kept", "", batch.changes.size(), batch.notes.size());
    model_.on_kept(batch);
  };
  provider_->on_call = [this](const provider_call& what) {
    trace_.add(clock_->now(), what.is_release ? "release" : "provision", "", what.token.uid,
               what.token.number);
    model_.on_call(what);
  };
  provider_->on_answer = [this](const provider_call& what, bool succeeded) {
    trace_.add(clock_->now(), succeeded ? "has succeeded" : "has failed", "", what.token.uid,
               what.token.number);
    model_.on_answer(what, succeeded);
  };
  model_.follow(how_);
}

world::~world() {
  if (paused_ != nullptr) end(std::move(paused_));
  if (owner_ != nullptr) end(std::move(owner_));
}

void world::note(std::string_view what, std::uint64_t a, std::uint64_t b) {
  trace_.add(clock_->now(), what, "", a, b);
}

void world::fail(std::string why) {
  if (violation_.empty()) violation_ = std::move(why);
}

// -- owners ---------------------------------------------------------------------------------------

void world::start() { start_owner(); }

void world::start_owner() {
  ++starts_;
  owner_ = std::make_unique<owner>();
  owner_->store = store_->connect();
  owner_->provider = provider_->connect();
  owner_->watcher = std::make_shared<watcher>(*owner_, model_, trace_, *clock_);
  fsm::options how = how_;
  how.store = owner_->store;
  how.provider = owner_->provider;
  how.clock = clock_;
  how.observers.push_back(owner_->watcher);
  expected<fsm::runtime> started = owner_->scheduler.start(std::move(how));
  if (!started) {
    fail("a runtime does not start: " + started.error().message);
    owner_.reset();
    return;
  }
  owner_->runtime.emplace(*std::move(started));
  trace_.add(clock_->now(), "start", "", owner_->epoch, owner_->delivered);
  check_restored();
}

void world::check_restored() {
  const auto page = owner_->runtime->list({.limit = 10'000});
  if (!page) return fail("it cannot list: " + page.error().message);
  if (page->functions.size() != model_.living())
    return fail(fmt::format("{} functions were brought back of {}", page->functions.size(),
                            model_.living()));
  for (const function_view& view : page->functions) {
    const simulated_function* const f = model_.find(view.name);
    if (f == nullptr || f->uid != view.uid || f->record.pair != view.pair())
      return fail("a function was brought back as something else: " + view.name);
  }
}

void world::end(std::unique_ptr<owner> who) {
  who->is_cut = true;
  store_->cut(*who->store);
  provider_->cut(*who->provider);
  calls_.owner_ended(who->epoch);
  model_.owner_ended(who->epoch);
  if (who->runtime) who->runtime->stop();
  // What it had admitted has died with it.
  std::erase_if(admissions_, [this](held_admission& a) {
    if (model_.is_running(a.id)) return false;
    a.what.complete();
    return true;
  });
  who->runtime.reset();
}

void world::crash(duration down) {
  if (owner_ == nullptr) return;
  note("crash", owner_->epoch, static_cast<std::uint64_t>(down.count()));
  faults_->count(fault::crash);
  end(std::move(owner_));
  tick(clock_->now() + down);
  start_owner();
}

void world::restart(chance& luck) {
  if (owner_ == nullptr) return;
  note("restart", owner_->epoch, 0);
  store_->let_through();
  // Everything that is on its way is done; then nothing is left to be lost.
  while (owner_->scheduler.queued() != 0) run_one(luck);
  end(std::move(owner_));
  start_owner();
}

void world::pause() {
  if (paused_ != nullptr || owner_ == nullptr) return;
  note("pause", owner_->epoch, 0);
  faults_->count(fault::owner_paused);
  paused_goes_on_ = false;
  paused_ = std::move(owner_);
  start_owner();
}

void world::resume() {
  if (paused_ == nullptr || paused_goes_on_) return;
  note("resume", paused_->epoch, 0);
  paused_goes_on_ = true;
}

void world::end_paused() {
  if (paused_ != nullptr) end(std::move(paused_));
}

// -- steps ----------------------------------------------------------------------------------------

void world::begin_step(const simulation_step& step) {
  name_ = names_[step.target % names_.size()];
  store_->reseed(chance::mix(step.seed, 1));
  provider_->reseed(chance::mix(step.seed, 2));
}

void world::pick_from_crowd(chance& luck) { name_ = fmt::format("crowd{}", luck.below(crowd)); }

void world::run_one(chance& luck) {
  const bool both = paused_ != nullptr && paused_goes_on_ && paused_->scheduler.queued() != 0;
  owner& who = both && (luck.happens(0.5) || owner_->scheduler.queued() == 0) ? *paused_ : *owner_;
  const std::size_t queued = who.scheduler.queued();
  if (queued == 0) return;
  ++messages_;
  who.scheduler.run(queued == 1 ? 0 : luck.below(queued));
}

void world::run(std::size_t count, chance& luck) {
  for (std::size_t i = 0; i < count && owner_ != nullptr && !has_failed(); ++i) run_one(luck);
}

void world::tick(timestamp to) {
  const timestamp before = clock_->now();
  clock_->advance_to(to);
  function_time_ += (clock_->now() - before) * static_cast<std::int64_t>(model_.living());
}

void world::pass(duration span, chance& luck, bool in_order) {
  const timestamp end = clock_->now() + span;
  while (clock_->now() < end && owner_ != nullptr && !has_failed()) {
    const auto is_busy = [this] {
      return owner_->scheduler.queued() != 0 ||
             (paused_ != nullptr && paused_goes_on_ && paused_->scheduler.queued() != 0);
    };
    while (in_order && is_busy() && !has_failed()) run_one(luck);
    tick(std::min(end, std::max(clock_->now(), clock_->next())));
    if (!in_order) run(luck.below(4), luck);
  }
}

void world::hold(admission what) {
  const std::uint64_t id = model_.admitted(owner_->epoch, what.resource());
  note("admit", what.resource().uid, what.resource().number);
  admissions_.push_back({id, std::move(what)});
}

void world::complete_one(chance& luck) {
  if (admissions_.empty()) return;
  const std::size_t which = luck.below(admissions_.size());
  note("complete", admissions_[which].id, 0);
  // Before: giving it back may let go of what it ran on.
  model_.completed(admissions_[which].id);
  admissions_.erase(admissions_.begin() + static_cast<std::ptrdiff_t>(which));
}

void world::complete_all() {
  for (held_admission& a : admissions_) {
    model_.completed(a.id);
    a.what.complete();
  }
  admissions_.clear();
}

void world::heal() {
  note("heal", 0, 0);
  faults_->heal();
  is_healed_ = true;
  store_->let_through();
  end_paused();
}

void world::replace_broken() {
  if (owner_ == nullptr || owner_->runtime->health()) return;
  note("broken", owner_->epoch, 0);
  end(std::move(owner_));
  start_owner();
}

void world::check() {
  if (owner_ == nullptr || has_failed()) return;
  const statistics now = owner_->runtime->statistics();
  if (now.attempts_in_flight > how_.provisioner.in_flight_max)
    fail(fmt::format("{} attempts are in flight", now.attempts_in_flight));
  if (now.waiters > how_.waiters_max) fail(fmt::format("{} waiters are armed", now.waiters));
  if (const std::size_t calls = calls_.under_way(*owner_); calls > how_.calls_max)
    fail(fmt::format("{} calls are under way", calls));
  const std::size_t under_way_max = how_.journal_max + how_.provisioner.in_flight_max +
                                    names_.size() + crowd + calls_.unanswered();
  if (now.transitions_under_way > under_way_max)
    fail(fmt::format("{} transitions are under way", now.transitions_under_way));
}

void world::report(simulation_report& to) {
  to.messages = messages_;
  to.transitions = model_.log().size();
  to.calls = calls_.made();
  to.starts = starts_;
  to.time = clock_->now() - began_;
  to.function_time = function_time_;
  for (std::size_t i = 0; i < fault_count; ++i)
    to.faults[i] = faults_->counted(static_cast<fault>(i));
  to.rows = model_.rows();
  to.hash = trace_.hash();
  to.violation = violation_;
  to.trace = trace_.take_lines();
}

}  // namespace fsm::simulated
