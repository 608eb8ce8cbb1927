#include "dispatch.hpp"

#include "core.hpp"
#include <fsm/detail/per_thread.hpp>

#include <caf/actor_system.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <optional>
#include <utility>

namespace fsm::detail {

namespace {

using job = errands::errand;

/// What the calling thread is doing.
struct turn {
  bool running = false;  // An actor is being run further up the stack.
  bool helping = false;  // This thread runs the parts too, not only functions.
  std::deque<job> queue;
};

turn& this_turn() noexcept { return per_thread<turn>(); }

/// Runs an actor whose runtime has stopped to its end, on the spot: it only says that it is gone.
void run_out(compact_actor& who, mail* backlog) noexcept {
  static_cast<void>(who.run(backlog, static_cast<std::size_t>(-1)));
  who.intrusive_ptr_release_impl();
}

/// The rest of a run that was cut short, for the scheduler.
class handover final : public caf::resumable {
public:
  handover(compact_actor& who, mail* backlog) noexcept : who_{who}, backlog_{backlog} {}
  ~handover() override {
    // The scheduler has stopped without running it.
    if (backlog_ != nullptr) run_out(who_, backlog_);
  }
  resume_result resume(caf::execution_unit* where, std::size_t) override {
    run_scheduled(who_, std::exchange(backlog_, nullptr), where);
    return done;
  }
  void intrusive_ptr_add_ref_impl() override {
    references_.fetch_add(1, std::memory_order_relaxed);
  }
  void intrusive_ptr_release_impl() override {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

private:
  compact_actor& who_;
  mail* backlog_;
  std::atomic<int> references_{1};
};

/// While it lives, the runtime of a function cannot finish stopping. The parts live inside their
/// runtime.
class runtime_hold {
public:
  explicit runtime_hold(const compact_actor& who) {
    if (who.runs_on_sender()) pinned_.emplace(function_pool::of(&who).epochs);
  }

private:
  std::optional<epoch_domain::pin> pinned_;
};

/// What CAF's queue gets, if anything. Its test coordinator gets the actor itself, so that the
/// order can be chosen from outside.
caf::resumable* ticket_for(compact_actor& who, mail* backlog) {
  core& o = *who.owner();
  if (o.simulated)
    return backlog == nullptr ? static_cast<caf::resumable*>(&who) : new handover{who, backlog};
  if (!o.waiting->add({&who, backlog})) return nullptr;
  o.waiting->intrusive_ptr_add_ref_impl();
  return o.waiting.get();
}

void schedule(compact_actor& who, mail* backlog, caf::execution_unit* where) noexcept {
  {
    const runtime_hold hold{who};
    if (who.owner() != nullptr) {
      caf::resumable* const what = ticket_for(who, backlog);
      if (what == nullptr) {
        // Somebody is on the way already.
      } else if (where != nullptr) {
        where->exec_later(what);
      } else {
        who.home_system().scheduler().enqueue(what);
      }
      return;
    }
  }
  run_out(who, backlog);
}

/// Runs one actor for one turn. Its reference is given back, or goes on with what is left over.
void run_once(compact_actor& who, mail* backlog, caf::execution_unit* where,
              bool requeue) noexcept {
  const compact_actor::progress got = who.run(backlog, messages_per_run);
  if (got.idle) {
    who.intrusive_ptr_release_impl();
  } else if (requeue) {
    this_turn().queue.push_back({&who, got.backlog});
  } else {
    schedule(who, got.backlog, where);
  }
}

void run_queue(caf::execution_unit* where) noexcept {
  turn& t = this_turn();
  for (std::size_t runs = 0; !t.queue.empty(); ++runs) {
    const job next = t.queue.front();
    t.queue.pop_front();
    if (runs < runs_per_turn) {
      run_once(*next.who, next.backlog, where, t.helping);
    } else {
      schedule(*next.who, next.backlog, where);
    }
  }
}

enum class place : std::uint8_t { here, queue, scheduler, nowhere };

/// Where an actor that has just got work is to be run, for the calling thread.
place place_for(compact_actor& who) noexcept {
  const runtime_hold hold{who};
  core* const o = who.owner();
  if (o == nullptr) return place::nowhere;
  o->busy(who.runs_on_sender());
  const turn& t = this_turn();
  if (o->scheduled) return place::scheduler;
  if (t.helping) return place::queue;
  if (!who.runs_on_sender()) return place::scheduler;
  return t.running ? place::queue : place::here;
}

}  // namespace

bool inside_the_runtime() noexcept { return this_turn().running; }

void dispatch(compact_actor& who, caf::execution_unit* where) noexcept {
  turn& t = this_turn();
  switch (place_for(who)) {
    case place::nowhere: run_out(who, nullptr); break;
    case place::scheduler: schedule(who, nullptr, where); break;
    case place::queue: t.queue.push_back({&who, nullptr}); break;
    case place::here:
      t.running = true;
      run_once(who, nullptr, where, false);
      run_queue(where);
      t.running = false;
      break;
  }
}

void run_scheduled(compact_actor& who, mail* backlog, caf::execution_unit* where) noexcept {
  bool single_step = false;
  {
    const runtime_hold hold{who};
    if (const core* o = who.owner()) single_step = o->scheduled;
  }
  turn& t = this_turn();
  t.running = true;
  if (single_step) {
    const compact_actor::progress got = who.run(backlog, 1);
    if (got.idle) {
      who.intrusive_ptr_release_impl();
    } else {
      schedule(who, got.backlog, where);
    }
  } else {
    t.helping = true;
    run_once(who, backlog, where, false);
    run_queue(where);
    t.helping = false;
  }
  t.running = false;
}

errands::~errands() {
  for (const errand& e : waiting_) {
    if (e.who->runs_on_sender()) run_out(*e.who, e.backlog);
  }
}

bool errands::add(errand what) {
  const std::lock_guard lock{mutex_};
  waiting_.push_back(what);
  if (tickets_ == tickets_max_) return false;
  ++tickets_;
  return true;
}

std::size_t errands::take_some(some& taken) noexcept {
  const std::lock_guard lock{mutex_};
  const std::size_t share = (waiting_.size() + tickets_max_ - 1) / tickets_max_;
  const std::size_t count = std::min(share, taken_max);
  for (std::size_t i = 0; i < count; ++i) {
    taken[i] = waiting_.front();
    waiting_.pop_front();
  }
  return count;
}

bool errands::more_waits() noexcept {
  const std::lock_guard lock{mutex_};
  if (!waiting_.empty()) return true;
  --tickets_;
  return false;
}

errands::errand errands::take() noexcept {
  const std::lock_guard lock{mutex_};
  if (waiting_.empty()) return {};
  const errand first = waiting_.front();
  waiting_.pop_front();
  return first;
}

caf::resumable::resume_result errands::resume(caf::execution_unit* where, std::size_t) {
  some taken;
  for (std::size_t bunch = 0; bunch < bunches_max; ++bunch) {
    const std::size_t count = take_some(taken);
    for (std::size_t i = 0; i < count; ++i) run_scheduled(*taken[i].who, taken[i].backlog, where);
    if (!more_waits()) return done;
  }
  return resume_later;
}

helping_scope::helping_scope() noexcept : was_helping_{std::exchange(this_turn().helping, true)} {}

void helping_scope::work() noexcept {
  turn& t = this_turn();
  const bool was_running = std::exchange(t.running, true);
  run_queue(nullptr);
  t.running = was_running;
}

bool helping_scope::work_off(errands& from) noexcept {
  turn& t = this_turn();
  for (errands::errand next = from.take(); next.who != nullptr; next = from.take()) {
    t.queue.push_back(next);
    if (t.queue.size() == runs_per_turn) break;
  }
  const bool found = !t.queue.empty();
  work();
  return found;
}

helping_scope::~helping_scope() {
  turn& t = this_turn();
  t.helping = was_helping_;
  if (was_helping_) return;  // Further up the stack somebody goes on with it.
  while (!t.queue.empty()) {
    schedule(*t.queue.front().who, t.queue.front().backlog, nullptr);
    t.queue.pop_front();
  }
}

}  // namespace fsm::detail
