#include "assert.hpp"
#include "call.hpp"
#include "core.hpp"
#include "dispatch.hpp"
#include "function_actor.hpp"
#include "journal.hpp"
#include "views.hpp"
#include "waiters.hpp"
#include <fsm/name.hpp>
#include <fsm/runtime.hpp>

#include <fmt/format.h>

#include <atomic>
#include <stdexcept>
#include <thread>

namespace fsm {

using namespace detail;

namespace {

/// How often a call starts anew when the function changed hands or versions under it.
constexpr int rounds_max = 16;
constexpr std::size_t page_max = 10'000;

[[nodiscard]] error refuse_sync(const core& o) {
  if (inside_the_runtime()) {
    return {errc::would_deadlock,
            "a synchronous call from inside a callback, an observer or a provider would wait for "
            "itself"};
  }
  if (o.stopping()) return {errc::stopped, "the runtime has stopped"};
  return {};
}

[[nodiscard]] error no_such_function(std::string_view name) {
  return {errc::not_found, fmt::format("there is no function {}", name)};
}

/// What a caller asks of a function; enough to ask it again.
struct question {
  happening what;
  std::string document{};
  std::uint16_t tenant = 0;
  std::uint8_t idle_policy = 0;
  std::string metadata{};

  void bring(metadata_option&& given) {
    what.brings_metadata = given.has_value();
    metadata = std::move(given).value_or(std::string{});
  }
  /// Document and metadata go along; a call that came to nothing still has them.
  void put_into(call& c) {
    c.what = what;
    c.document = std::move(document);
    c.metadata = std::move(metadata);
    c.tenant = tenant;
    c.idle_policy = idle_policy;
  }
  void take_back(call& c) {
    document = std::move(c.document);
    metadata = std::move(c.metadata);
  }
};

[[nodiscard]] error check_size(std::string_view field, const std::string& bytes) {
  if (bytes.size() <= document_bytes_max) return {};
  return {errc::invalid_argument, fmt::format("{} is {} bytes; at most {} are kept", field,
                                              bytes.size(), document_bytes_max)};
}

[[nodiscard]] error check_sizes(const std::string& document, const metadata_option& metadata) {
  error wrong = check_size("document", document);
  if (wrong.code == errc::none && metadata) wrong = check_size("metadata", *metadata);
  return wrong;
}

/// Checks a create request and puts it into `q`.
[[nodiscard]] error prepare(core& o, create_request& what, question& q) {
  if (!split_versioned_name(what.name)) {
    const auto parsed = parse_function_ref(what.name, name_rule::create);
    return parsed ? error{errc::invalid_argument,
                          "name must be a function name, or one with ':' and a version number; not "
                          "an ARN"}
                  : parsed.error();
  }
  if (error wrong = check_sizes(what.document, what.metadata); wrong.code != errc::none)
    return wrong;
  if (what.idle_after &&
      (*what.idle_after < duration{1} || *what.idle_after > std::chrono::days{3650})) {
    return {errc::invalid_argument,
            fmt::format("idle_after is {} ms; it must be from 1 ms to 10 years",
                        what.idle_after->count())};
  }
  const std::int32_t tenant = what.tenant.empty() ? 0 : o.tenants.index_of(what.tenant);
  if (tenant < 0) return {errc::too_many_requests, "more than 65535 different tenants"};
  const std::int32_t policy = what.idle_after ? o.idle_policies.index_of(*what.idle_after) : 0;
  if (policy < 0) return {errc::too_many_requests, "more than 256 different idle times"};
  if (error full = o.room_for_transition(); full.code != errc::none) return full;
  if (error full = o.room_for_attempt(); full.code != errc::none) return full;
  error full = o.room_for_tenant(static_cast<tenant_index>(tenant), event::create);
  if (full.code != errc::none) return full;
  q.what = {.event = event::create, .at = o.clock->now()};
  q.document = std::move(what.document);
  q.bring(std::move(what.metadata));
  q.tenant = static_cast<std::uint16_t>(tenant);
  q.idle_policy = static_cast<std::uint8_t>(policy);
  return {};
}

[[nodiscard]] error prepare(core& o, update_request& what, question& q) {
  if (error wrong = check_sizes(what.document, what.metadata); wrong.code != errc::none)
    return wrong;
  if (error full = o.room_for_transition(); full.code != errc::none) return full;
  if (error full = o.room_for_attempt(); full.code != errc::none) return full;
  q.what = {.event = what.dry_run ? event::update_dry_run : event::update,
            .at = o.clock->now(),
            .expected_revision = what.expected_revision};
  q.document = std::move(what.document);
  q.bring(std::move(what.metadata));
  return {};
}

[[nodiscard]] error prepare(core& o, change_request& what, question& q) {
  const bool may_bring = may_bring_metadata(what.event);
  const bool is_change = what.event != event::create && what.event != event::update && may_bring;
  const bool only_asks = what.event == event::republish || what.event == event::alias_target;
  if (!is_change && !only_asks) {
    return {errc::invalid_argument,
            fmt::format("event is {}; it must be tag, configure, permit, publish, republish or "
                        "alias_target",
                        to_string(what.event))};
  }
  if (only_asks && what.metadata)
    return {errc::invalid_argument, fmt::format("metadata: {} takes none", to_string(what.event))};
  if (error wrong = check_sizes({}, what.metadata); wrong.code != errc::none) return wrong;
  if (error full = o.room_for_transition(); full.code != errc::none) return full;
  q.what = {.event = what.event, .at = o.clock->now(), .expected_revision = what.expected_revision};
  q.bring(std::move(what.metadata));
  return {};
}

[[nodiscard]] error prepare_async(core& o, question& q) {
  if (error full = o.room_for_transition(); full.code != errc::none) return full;
  if (error full = o.room_for_attempt(); full.code != errc::none) return full;
  q.what = {.event = event::invoke_async, .at = o.clock->now()};
  return {};
}

[[nodiscard]] error prepare_remove(core& o, std::uint32_t expected_revision, question& q) {
  if (error full = o.room_for_transition(); full.code != errc::none) return full;
  q.what = {.event = event::remove, .at = o.clock->now(), .expected_revision = expected_revision};
  return {};
}

/// The function an existing name means, or a new one for `create`.
[[nodiscard]] caf::strong_actor_ptr target_of(core& o, std::string_view name, event what) {
  return what == event::create ? o.find_or_make(name) : o.find(name);
}

[[nodiscard]] error no_target(const core& o, std::string_view name, event what) {
  if (o.stopping()) return {errc::stopped, "the runtime has stopped"};
  if (what == event::create) return {errc::too_many_requests, "functions_max functions exist"};
  return no_such_function(name);
}

/// A create that found a function on its way out tries again with the next one of that name.
[[nodiscard]] bool lost_a_race(const call& c) {
  return c.what.event == event::create && c.failure.code == errc::none &&
         c.answer == answer::not_found;
}

[[nodiscard]] function_actor& function_of(const caf::strong_actor_ptr& who) {
  return static_cast<function_actor&>(*who->get());
}

/// Why a call may not reach the function; `errc::none` if it may. Who is to have a new one was
/// looked at when that was not there yet.
[[nodiscard]] error no_call(const core& o, const caf::strong_actor_ptr& who, std::string_view name,
                            event what) {
  if (who == nullptr) return no_target(o, name, what);
  return what == event::create ? error{} : o.room_for_tenant(function_of(who).tenant(), what);
}

/// Asks, and waits for the view it ends in.
[[nodiscard]] expected<function_view> ask(core& o, std::string_view name, question q,
                                          bool with_document) {
  for (int round = 0; round < rounds_max; ++round) {
    const caf::strong_actor_ptr who = target_of(o, name, q.what.event);
    if (error no = no_call(o, who, name, q.what.event); no.code != errc::none)
      return o.refuse(std::move(no));
    sync_call c;
    q.put_into(c);
    o.ask(function_of(who), c);
    q.take_back(c);
    if (lost_a_race(c)) continue;
    expected<function_view> view = await_view(o, name, c, with_document);
    if (view || view.error().code != errc::none) return view;
  }
  return o.refuse(
      {errc::too_many_requests, fmt::format("function {} changes too fast to be read", name)});
}

/// A call whose view goes to a callback.
class callback_call final : public call {
public:
  callback_call(std::shared_ptr<core> o, std::string name, question q, bool with_document,
                runtime::view_callback done)
      : core_{std::move(o)},
        name_{std::move(name)},
        question_{std::move(q)},
        with_document_{with_document},
        done_{std::move(done)} {}

  /// Asks; the call belongs to itself from now on.
  static void ask(std::unique_ptr<callback_call> c) {
    const caf::strong_actor_ptr who = target_of(*c->core_, c->name_, c->question_.what.event);
    const event what = c->question_.what.event;
    error no = c->rounds_ == 0 ? no_target(*c->core_, c->name_, what)
                               : no_call(*c->core_, who, c->name_, what);
    if (no.code != errc::none) return c->done_(c->core_->refuse(std::move(no)));
    --c->rounds_;
    c->question_.put_into(*c);
    function_of(who).post(c.release());
  }

  /// The same, but an answer that is there when the call returns goes to the callback at once.
  static void look(std::unique_ptr<callback_call> c) {
    const caf::strong_actor_ptr who = c->core_->find(c->name_);
    if (who == nullptr) return ask(std::move(c));
    c->question_.put_into(*c);
    c->at_ = stage::looking;
    auto* asked = c.release();
    function_of(who).post(asked);
    if (asked->at_.exchange(stage::waiting) != stage::answered) return;
    guarded([asked] { finish(std::unique_ptr<callback_call>{asked}); });
  }

  void answered() noexcept override {
    if (at_ != stage::asking) {
      if (at_.exchange(stage::answered) == stage::looking) return;  // Who looks goes on.
      at_ = stage::asking;
      // This may be a function's run, where no callback may be called; but for the end of all.
      if (failure.code == errc::none) return core_->tell_journal(*this);
    }
    guarded([this] { finish(std::unique_ptr<callback_call>{this}); });
  }
  [[nodiscard]] bool answers_anywhere() const noexcept override { return at_ != stage::asking; }

private:
  enum class stage : std::uint8_t {
    asking,    ///< The delivery stage calls back.
    looking,   ///< The asking thread has not come back from the function yet.
    waiting,   ///< It has, without an answer.
    answered,  ///< The answer came before that.
  };

  static void finish(std::unique_ptr<callback_call> c) {
    c->question_.take_back(*c);
    if (lost_a_race(*c)) return ask_anew(*c);
    const call& answered = *c;
    core& o = *c->core_;
    const std::string_view name = c->name_;
    if (!c->with_document_) return later_view(o, name, answered, false, std::move(c->done_));
    later_view(o, name, answered, true,
               [c = std::shared_ptr<callback_call>{std::move(c)}](expected<function_view> view) {
                 if (view || view.error().code != errc::none) return c->done_(std::move(view));
                 ask_anew(*c);
               });
  }
  static void ask_anew(callback_call& old) {
    auto again = std::make_unique<callback_call>(std::move(old.core_), std::move(old.name_),
                                                 std::move(old.question_), old.with_document_,
                                                 std::move(old.done_));
    again->rounds_ = old.rounds_;
    ask(std::move(again));
  }

  std::shared_ptr<core> core_;
  std::string name_;
  question question_;
  bool with_document_;
  runtime::view_callback done_;
  int rounds_ = rounds_max;
  std::atomic<stage> at_{stage::asking};
};

/// Asks; the view it ends in goes to a callback.
void ask_later(const std::shared_ptr<core>& o, std::string name, question q, bool with_document,
               runtime::view_callback done) {
  callback_call::ask(std::make_unique<callback_call>(o, std::move(name), std::move(q),
                                                     with_document, std::move(done)));
}

}  // namespace

runtime::runtime(options how) {
  expected<runtime> started = start(std::move(how));
  if (started) {
    core_ = std::move(started->core_);
  } else if (started.error().code == errc::invalid_argument) {
    throw std::invalid_argument{started.error().message};
  } else {
    throw std::runtime_error{started.error().message};
  }
}

runtime::runtime(std::shared_ptr<core> what) noexcept : core_{std::move(what)} {}

expected<runtime> runtime::start(options how) { return start_core(std::move(how), nullptr); }

runtime::runtime(runtime&&) noexcept = default;

runtime& runtime::operator=(runtime&& other) noexcept {
  if (this != &other) {
    if (core_ != nullptr) stop();
    core_ = std::move(other.core_);
  }
  return *this;
}

runtime::~runtime() {
  if (core_ == nullptr) return;
  FSM_ASSERT(!inside_the_runtime());  // It would wait for itself.
  stop();
  // An answer of a provider's may be on its way out on another thread. The last one out joins the
  // workers, which must not be one of them.
  for (int i = 0; core_.use_count() > 1 && i < 1'000'000; ++i) std::this_thread::yield();
}

// -- create, get, update, remove ------------------------------------------------------------------

expected<function_view> runtime::create(create_request what) {
  if (error no = refuse_sync(*core_); no.code != errc::none) return core_->refuse(std::move(no));
  question q;
  if (error no = prepare(*core_, what, q); no.code != errc::none)
    return core_->refuse(std::move(no));
  return ask(*core_, what.name, std::move(q), false);
}

void runtime::create(create_request what, view_callback done) {
  question q;
  if (error no = prepare(*core_, what, q); no.code != errc::none)
    return done(core_->refuse(std::move(no)));
  ask_later(core_, std::move(what.name), std::move(q), false, std::move(done));
}

expected<function_view> runtime::get(std::string_view name) {
  if (error no = refuse_sync(*core_); no.code != errc::none) return core_->refuse(std::move(no));
  return ask(*core_, name, {.what = {.event = event::read, .at = core_->clock->now()}}, true);
}

void runtime::get(std::string_view name, view_callback done) {
  if (core_->stopping()) return done(core_->refuse({errc::stopped, "the runtime has stopped"}));
  ask_later(core_, std::string{name}, {.what = {.event = event::read, .at = core_->clock->now()}},
            true, std::move(done));
}

void runtime::look(std::string_view name, view_callback done) {
  if (core_->stopping() || inside_the_runtime() || !core_->store->reads_at_once())
    return get(name, std::move(done));
  callback_call::look(std::make_unique<callback_call>(
      core_, std::string{name}, question{{.event = event::read, .at = core_->clock->now()}}, true,
      std::move(done)));
}

expected<function_view> runtime::update(update_request what) {
  if (error no = refuse_sync(*core_); no.code != errc::none) return core_->refuse(std::move(no));
  question q;
  if (error no = prepare(*core_, what, q); no.code != errc::none)
    return core_->refuse(std::move(no));
  return ask(*core_, what.name, std::move(q), false);
}

void runtime::update(update_request what, view_callback done) {
  question q;
  if (error no = prepare(*core_, what, q); no.code != errc::none)
    return done(core_->refuse(std::move(no)));
  ask_later(core_, std::move(what.name), std::move(q), false, std::move(done));
}

expected<function_view> runtime::update(std::string_view name, const merge_function& merge,
                                        std::uint32_t expected_revision) {
  for (int round = 0; round < rounds_max; ++round) {
    expected<function_view> current = get(name);
    if (!current) return current;
    if (expected_revision != 0 && expected_revision != current->revision) {
      return core_->refuse(refusal(answer::revision_mismatch, event::update, name,
                                   {.pair = current->pair(), .revision = current->revision}));
    }
    expected<std::string> merged = merge(*current);
    if (!merged) return unexpected(merged.error());
    expected<function_view> updated =
        update(update_request{.name = std::string{name},
                              .document = *std::move(merged),
                              .expected_revision = current->revision});
    if (updated || updated.error().code != errc::revision_mismatch || expected_revision != 0)
      return updated;
  }
  return core_->refuse(
      {errc::too_many_requests, fmt::format("function {} changes too fast to be updated", name)});
}

expected<function_view> runtime::change(change_request what) {
  if (error no = refuse_sync(*core_); no.code != errc::none) return core_->refuse(std::move(no));
  question q;
  if (error no = prepare(*core_, what, q); no.code != errc::none)
    return core_->refuse(std::move(no));
  return ask(*core_, what.name, std::move(q), false);
}

void runtime::change(change_request what, view_callback done) {
  question q;
  if (error no = prepare(*core_, what, q); no.code != errc::none)
    return done(core_->refuse(std::move(no)));
  ask_later(core_, std::move(what.name), std::move(q), false, std::move(done));
}

expected<function_view> runtime::admit_async(std::string_view name) {
  if (error no = refuse_sync(*core_); no.code != errc::none) return core_->refuse(std::move(no));
  question q;
  if (error no = prepare_async(*core_, q); no.code != errc::none)
    return core_->refuse(std::move(no));
  return ask(*core_, name, std::move(q), false);
}

void runtime::admit_async(std::string_view name, view_callback done) {
  question q;
  if (error no = prepare_async(*core_, q); no.code != errc::none)
    return done(core_->refuse(std::move(no)));
  ask_later(core_, std::string{name}, std::move(q), false, std::move(done));
}

expected<std::vector<stored_metadata>> runtime::metadata(std::uint64_t after, std::size_t limit) {
  if (limit < 1 || limit > page_max) {
    return core_->refuse({errc::invalid_argument,
                          fmt::format("limit is {}; it must be from 1 to {}", limit, page_max)});
  }
  if (error no = refuse_sync(*core_); no.code != errc::none) return core_->refuse(std::move(no));
  return await<std::vector<stored_metadata>>(
      [&](auto done) { core_->store->read_all_metadata(after, limit, std::move(done)); });
}

expected<function_view> runtime::remove(std::string_view name, std::uint32_t expected_revision) {
  if (error no = refuse_sync(*core_); no.code != errc::none) return core_->refuse(std::move(no));
  question q;
  if (error no = prepare_remove(*core_, expected_revision, q); no.code != errc::none)
    return core_->refuse(std::move(no));
  return ask(*core_, name, std::move(q), false);
}

void runtime::remove(std::string_view name, std::uint32_t expected_revision, view_callback done) {
  question q;
  if (error no = prepare_remove(*core_, expected_revision, q); no.code != errc::none)
    return done(core_->refuse(std::move(no)));
  ask_later(core_, std::string{name}, std::move(q), false, std::move(done));
}

// -- wait -----------------------------------------------------------------------------------------

expected<function_view> runtime::wait(std::string_view name, const condition& what,
                                      duration timeout) {
  if (error no = refuse_sync(*core_); no.code != errc::none) return core_->refuse(std::move(no));
  parked<wait_call> c;
  prepare_wait(*core_, c, name, what, timeout);
  if (const caf::strong_actor_ptr who = core_->find(name)) {
    core_->ask(function_of(who), c);
  } else {
    core_->ask_journal(c, c.here);
  }
  return await_view(*core_, name, c, false);
}

subscription runtime::wait(std::string_view name, const condition& what, duration timeout,
                           view_callback done) {
  return wait_later(core_, name, what, timeout, std::move(done));
}

// -- looking around -------------------------------------------------------------------------------

expected<list_page> runtime::list(const list_request& what) {
  if (what.limit < 1 || what.limit > page_max) {
    return core_->refuse(
        {errc::invalid_argument,
         fmt::format("limit is {}; it must be from 1 to {}", what.limit, page_max)});
  }
  if (core_->stopping()) return core_->refuse({errc::stopped, "the runtime has stopped"});
  if (!what.with_details) return list_functions(*core_, what);
  if (error no = refuse_sync(*core_); no.code != errc::none) return core_->refuse(std::move(no));
  list_page page = list_functions(*core_, what);
  if (expected<void> added = add_details(*core_, what, page); !added)
    return unexpected(added.error());
  return page;
}

expected<std::vector<std::string>> runtime::names(std::string_view prefix, std::string_view after,
                                                  std::size_t limit) {
  if (limit < 1 || limit > page_max) {
    return core_->refuse({errc::invalid_argument,
                          fmt::format("limit is {}; it must be from 1 to {}", limit, page_max)});
  }
  if (error no = refuse_sync(*core_); no.code != errc::none) return core_->refuse(std::move(no));
  return await<std::vector<std::string>>(
      [&](auto done) { core_->store->read_names(prefix, after, limit, std::move(done)); });
}

expected<std::vector<transition>> runtime::history(std::string_view name) {
  expected<function_view> found = get(name);
  if (!found) return unexpected(found.error());
  auto history = await<std::vector<transition>>(
      [&](auto done) { core_->store->read_history(found->uid, std::move(done)); });
  if (history) {
    for (transition& t : *history) t.name = name;
  }
  return history;
}

expected<event_page> runtime::events(std::uint64_t after, std::size_t limit) {
  if (limit < 1 || limit > page_max) {
    return core_->refuse({errc::invalid_argument,
                          fmt::format("limit is {}; it must be from 1 to {}", limit, page_max)});
  }
  if (error no = refuse_sync(*core_); no.code != errc::none) return core_->refuse(std::move(no));
  return await<event_page>(
      [&](auto done) { core_->store->read_events(after, limit, std::move(done)); });
}

expected<std::string> runtime::checkpoint() {
  if (error no = refuse_sync(*core_); no.code != errc::none) return core_->refuse(std::move(no));
  return await<std::string>([&](auto done) { core_->store->checkpoint(std::move(done)); });
}

void runtime::checkpoint(std::function<void(expected<std::string>)> done) {
  if (core_->stopping()) return done(core_->refuse({errc::stopped, "the runtime has stopped"}));
  core_->store->checkpoint([done = std::move(done)](expected<std::string> name) {
    guarded([&] { done(std::move(name)); });
  });
}

expected<void> runtime::health() const {
  if (!core_->store_is_broken()) return {};
  return unexpected({errc::outcome_unknown, core_->store_problem()});
}

subscription runtime::watch(std::shared_ptr<observer> who) {
  return subscription{[where = core_->weak_from_this(), id = core_->add_observer(std::move(who))] {
    if (const auto o = where.lock()) o->remove_observer(id);
  }};
}

population runtime::count() const noexcept {
  population counts{};
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = core_->index.count(i);
  return counts;
}

expected<explanation> runtime::explain(std::string_view name) {
  if (error no = refuse_sync(*core_); no.code != errc::none) return core_->refuse(std::move(no));
  return explain_function(*core_, name);
}

std::uint64_t runtime::count(reason_code why) const noexcept { return core_->index.count(why); }

fsm::statistics runtime::statistics() const noexcept {
  const tally& counts = core_->counts;
  const auto now = [](const tally::counter& which) {
    return which.load(std::memory_order_relaxed);
  };
  fsm::statistics all;
  all.admissions = counts.admissions.sum() + now(counts.admissions_by_message);
  for (std::size_t i = 0; i < all.refusals.size(); ++i) all.refusals[i] = now(counts.refusals[i]);
  all.idle_proposals = now(counts.idle_proposals);
  all.idle_in_use = now(counts.idle_in_use);
  all.waits_fulfilled = now(counts.waits_fulfilled);
  all.waits_timed_out = now(counts.waits_timed_out);
  all.waits_ended_otherwise = now(counts.waits_ended_otherwise);
  all.waiters = now(counts.waiters);
  all.attempts_in_flight = now(counts.attempts_in_flight);
  // They are read one after the other, so that some may have ended in between.
  all.attempts_queued = std::max<std::uint64_t>(core_->attempts.taken(), all.attempts_in_flight) -
                        all.attempts_in_flight;
  all.releases_owed = now(counts.releases_owed);
  all.last_sequence = now(counts.last_sequence);
  all.transitions_under_way = core_->transitions.taken();
  return all;
}

std::uint64_t runtime::size() const noexcept {
  std::uint64_t sum = 0;
  for (const std::uint64_t n : count()) sum += n;
  return sum;
}

fsm::clock& runtime::clock() const noexcept { return *core_->clock; }

void runtime::settle() { core_->settle(); }

void runtime::stop(duration patience) { core_->stop(patience); }

}  // namespace fsm
