// The facade: its life, and what callers ask of one function.

#include "asking.hpp"
#include "assert.hpp"
#include "core.hpp"
#include "dispatch.hpp"
#include "function_actor.hpp"
#include "views.hpp"
#include "waiters.hpp"
#include <fsm/runtime.hpp>

#include <fmt/format.h>

#include <stdexcept>
#include <thread>
#include <utility>

namespace fsm {

using namespace detail;

namespace {

/// A synchronous call: `prepare` fills in the question, or says why it is not asked.
template <class Prepare>
[[nodiscard]] expected<function_view> ask_now(core& o, std::string_view name, bool with_document,
                                              Prepare prepare) {
  question q;
  error no = refuse_sync(o);
  if (no.code == errc::none) no = prepare(q);
  if (no.code != errc::none) return o.refuse(std::move(no));
  return ask(o, name, std::move(q), with_document);
}

/// The same with a callback.
template <class Prepare>
void ask_later(const std::shared_ptr<core>& o, std::string_view name, bool with_document,
               runtime::view_callback done, Prepare prepare) {
  question q;
  if (error no = prepare(q); no.code != errc::none) return done(o->refuse(std::move(no)));
  detail::ask_later(o, name, std::move(q), with_document, std::move(done));
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
  return ask_now(*core_, what.name, false, [&](question& q) { return prepare(*core_, what, q); });
}

void runtime::create(create_request what, view_callback done) {
  ask_later(core_, what.name, false, std::move(done),
            [&](question& q) { return prepare(*core_, what, q); });
}

expected<function_view> runtime::get(std::string_view name) {
  return ask_now(*core_, name, true, [&](question& q) { return prepare_read(*core_, q); });
}

void runtime::get(std::string_view name, view_callback done) {
  ask_later(core_, name, true, std::move(done),
            [&](question& q) { return prepare_read(*core_, q); });
}

void runtime::look(std::string_view name, view_callback done) {
  if (inside_the_runtime() || !core_->store->reads_at_once()) return get(name, std::move(done));
  question q;
  if (error no = prepare_read(*core_, q); no.code != errc::none)
    return done(core_->refuse(std::move(no)));
  look_at_once(core_, name, std::move(q), std::move(done));
}

expected<function_view> runtime::update(update_request what) {
  return ask_now(*core_, what.name, false, [&](question& q) { return prepare(*core_, what, q); });
}

void runtime::update(update_request what, view_callback done) {
  ask_later(core_, what.name, false, std::move(done),
            [&](question& q) { return prepare(*core_, what, q); });
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
  return ask_now(*core_, what.name, false, [&](question& q) { return prepare(*core_, what, q); });
}

void runtime::change(change_request what, view_callback done) {
  ask_later(core_, what.name, false, std::move(done),
            [&](question& q) { return prepare(*core_, what, q); });
}

expected<function_view> runtime::admit_async(std::string_view name) {
  return ask_now(*core_, name, false, [&](question& q) { return prepare_async(*core_, q); });
}

void runtime::admit_async(std::string_view name, view_callback done) {
  ask_later(core_, name, false, std::move(done),
            [&](question& q) { return prepare_async(*core_, q); });
}

expected<function_view> runtime::remove(std::string_view name, std::uint32_t expected_revision) {
  return ask_now(*core_, name, false,
                 [&](question& q) { return prepare_remove(*core_, expected_revision, q); });
}

void runtime::remove(std::string_view name, std::uint32_t expected_revision, view_callback done) {
  ask_later(core_, name, false, std::move(done),
            [&](question& q) { return prepare_remove(*core_, expected_revision, q); });
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

// -- the rest -------------------------------------------------------------------------------------

fsm::clock& runtime::clock() const noexcept { return *core_->clock; }

void runtime::settle() { core_->settle(); }

void runtime::stop(duration patience) { core_->stop(patience); }

}  // namespace fsm
