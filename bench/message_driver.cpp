#include "message_driver.hpp"

#include "interrupt.hpp"
#include "random.hpp"
#include "response_mailbox.hpp"
#include <fsm/actors.hpp>

#include <caf/abstract_actor.hpp>
#include <caf/execution_unit.hpp>
#include <caf/make_actor.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <latch>

namespace bench {
namespace {

/// What all drivers of a measurement share.
struct plan {
  caf::actor_system& system;
  const std::vector<caf::actor>& targets;
  std::size_t in_flight;
  std::size_t threads;
  std::uint64_t seed;
  pace speed;
  time_point begin;
  std::latch& running;
};

/// An actor that does nothing but ask and count. `caf::event_based_actor` would keep a function
/// object per request in a list that it searches for each response; here the id of a request says
/// where its notes are.
class driver final : public caf::abstract_actor, public caf::resumable {
public:
  driver(caf::actor_config& config, const plan& what, std::size_t index, measurement& out)
      : caf::abstract_actor{config},
        plan_{what},
        index_{index},
        end_{later(what.begin, what.speed.seconds)},
        random_{what.seed, index},
        next_{random_.below(what.targets.size())},
        out_{out},
        notes_(what.in_flight) {
    for (std::size_t i = what.in_flight; i > 0; --i) free_.push_back(i - 1);
  }

  /// Gives it to the scheduler.
  void start() {
    intrusive_ptr_add_ref_impl();
    plan_.system.scheduler().enqueue(this);
  }

  using caf::abstract_actor::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* where) override {
    intrusive_ptr_add_ref_impl();  // The scheduler's.
    if (!mailbox_.push(std::move(what))) return intrusive_ptr_release_impl();
    if (where != nullptr) return where->exec_later(this);
    plan_.system.scheduler().enqueue(this);
  }

  resume_result resume(caf::execution_unit* where, std::size_t messages_max) override {
    for (std::size_t handled = 0; handled < messages_max;) {
      if (list_ == nullptr) list_ = mailbox_.take_all();
      for (; list_ != nullptr && handled < messages_max; ++handled) {
        take(*response_mailbox::pop(list_));
      }
      ask_what_is_due(where);
      if (ending_ && free_.size() == notes_.size()) {
        finish();
        return done;
      }
      if (open_loop() && !ending_) return resume_later;  // Time itself is what it waits for.
      if (list_ == nullptr && mailbox_.try_rest()) return awaiting_message;
    }
    return resume_later;
  }

  ~driver() override {
    while (list_ != nullptr) (void)response_mailbox::pop(list_);
  }

  subtype_t subtype() const override { return unspecified; }
  void intrusive_ptr_add_ref_impl() override { caf::intrusive_ptr_add_ref(ctrl()); }
  void intrusive_ptr_release_impl() override { caf::intrusive_ptr_release(ctrl()); }

  // Nobody else has its address.
  void attach(caf::attachable_ptr /*what*/) override {}
  std::size_t detach(const caf::attachable::token& /*what*/) override { return 0; }
  void add_link(caf::abstract_actor* /*other*/) override {}
  void remove_link(caf::abstract_actor* /*other*/) override {}
  bool add_backlink(caf::abstract_actor* /*other*/) override { return false; }
  bool remove_backlink(caf::abstract_actor* /*other*/) override { return false; }

private:
  /// What it knows of a request on its way.
  struct note {
    std::uint64_t number = 0;  ///< 0 = there is none.
    time_point started;        ///< time_point{} when nobody wants to know how long it takes.
  };

  /// A request's id is its number and the place of its note.
  static constexpr unsigned place_bits = 20;

  [[nodiscard]] bool open_loop() const noexcept { return plan_.speed.rate > 0; }

  void ask_what_is_due(caf::execution_unit* where) {
    constexpr std::uint64_t sample_interval = 64;
    auto now = open_loop() ? clock::now() : time_point{};
    ending_ = ending_ || interrupted() || (open_loop() && now >= end_);
    while (!ending_ && !free_.empty()) {
      if (!open_loop()) {
        // Every 64th request is a sample, and the moment to look at the time.
        ask(asked_ % sample_interval == 0 ? clock::now() : time_point{}, where);
        continue;
      }
      const auto start =
          intended_start(plan_.begin, asked_, index_, plan_.threads, plan_.speed.rate);
      if (start > now) return;
      if (start >= end_) {
        ending_ = true;
      } else {
        ask(start, where);
      }
    }
  }

  void ask(time_point started, caf::execution_unit* where) {
    const std::uint64_t number = ++asked_;
    const std::size_t place = free_.back();
    free_.pop_back();
    notes_[place] = {number, started};
    const auto id = caf::make_message_id(number << place_bits | place);
    const auto& target = plan_.targets[next_];
    // The list of handles is the driver's, and so is the time it takes to look into it.
    next_ = random_.below(plan_.targets.size());
    __builtin_prefetch(&plan_.targets[next_]);
    target->enqueue(caf::make_mailbox_element(caf::strong_actor_ptr{ctrl()}, id, {},
                                              fsm::ping_atom::value, number),
                    where);
  }

  void take(caf::mailbox_element& response) {
    const auto id = response.mid.request_id().integer_value();
    const std::size_t place = id & ((std::uint64_t{1} << place_bits) - 1);
    if (!response.mid.is_response() || place >= notes_.size() ||
        notes_[place].number != id >> place_bits) {
      out_.fail("a message that answers no request");
      return;
    }
    check(response.content(), notes_[place].number);
    if (const auto started = notes_[place].started; started != time_point{}) {
      const auto now = clock::now();
      out_.latency.add(now - started);
      ending_ = ending_ || now >= end_;
    }
    ++ops_;
    notes_[place].number = 0;
    free_.push_back(place);
  }

  void check(const caf::type_erased_tuple& answer, std::uint64_t asked) {
    // What match_elements looks at first, and enough here.
    static constexpr auto expected = caf::make_type_token<caf::atom_value, std::uint64_t>();
    if (answer.type_token() != expected || answer.size() != 2) {
      out_.fail(answer.match_elements<caf::error>()
                    ? plan_.system.render(answer.get_as<caf::error>(0))
                    : "an answer of another kind");
    } else if (answer.get_as<caf::atom_value>(0) != fsm::ping_atom::value ||
               answer.get_as<std::uint64_t>(1) != asked + 1) {
      out_.fail("a wrong answer");
    }
  }

  void finish() {
    out_.ops = ops_ - std::min(ops_, out_.failures);
    out_.seconds = seconds_between(plan_.begin, clock::now());
    plan_.running.count_down();
  }

  const plan& plan_;
  std::size_t index_;
  time_point end_;
  random_numbers random_;
  std::size_t next_;
  measurement& out_;
  std::vector<note> notes_;
  std::vector<std::size_t> free_;
  std::uint64_t asked_ = 0;
  std::uint64_t ops_ = 0;
  bool ending_ = false;
  response_mailbox::link* list_ = nullptr;  ///< Taken from the mailbox, not looked at yet.
  response_mailbox mailbox_;
};

}  // namespace

driven_system::driven_system(const settings& how)
    : system_{[&]() -> caf::actor_system_config& {
        config_.set("scheduler.max-threads", how.threads);
        return config_;
      }()} {}

measurement drive_messages(caf::actor_system& system, const std::vector<caf::actor>& targets,
                           const settings& how, const pace& speed) {
  std::latch running{static_cast<std::ptrdiff_t>(how.threads)};
  const plan what{system,       targets,  how.in_flight.value_or(message_in_flight),
                  how.threads,  how.seed, speed,
                  clock::now(), running};
  std::vector<measurement> parts(how.threads);
  std::vector<caf::strong_actor_ptr> drivers;
  for (std::size_t i = 0; i < how.threads; ++i) {
    caf::actor_config config;
    drivers.push_back(caf::make_actor<driver, caf::strong_actor_ptr>(
        system.next_actor_id(), system.node(), &system, config, what, i, parts[i]));
    static_cast<driver*>(drivers.back()->get())->start();
  }
  running.wait();
  return together(parts, speed);
}

}  // namespace bench
