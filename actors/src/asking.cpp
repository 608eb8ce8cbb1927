// From the facade to a function's actor, and back to whoever asked.

#include "asking.hpp"

#include "core.hpp"
#include "dispatch.hpp"
#include "function_actor.hpp"
#include "mutant.hpp"
#include "views.hpp"

#include <fmt/format.h>

#include <atomic>
#include <string>
#include <utility>

namespace fsm::detail {

namespace {

/// The function an existing name means, or a new one for `create`.
[[nodiscard]] caf::strong_actor_ptr target_of(core& o, std::string_view name, event what) {
  return what == event::create ? o.find_or_make(name) : o.find(name);
}

[[nodiscard]] error no_target(const core& o, std::string_view name, event what) {
  if (o.stopping()) return {errc::stopped, "the runtime has stopped"};
  if (what == event::create) return {errc::too_many_requests, "functions_max functions exist"};
  return {errc::not_found, fmt::format("there is no function {}", name)};
}

[[nodiscard]] error changes_too_fast(std::string_view name) {
  return {errc::too_many_requests, fmt::format("function {} changes too fast to be asked", name)};
}

/// A create that found a function on its way out tries again with the next one of that name.
[[nodiscard]] bool lost_a_race(const call& c) {
  return c.what.event == event::create && c.failure.code == errc::none &&
         c.answer == answer::not_found;
}

/// Why a call may not reach the function; `errc::none` if it may. Who is to have a new one was
/// looked at when that was not there yet.
[[nodiscard]] error no_call(const core& o, const caf::strong_actor_ptr& who, std::string_view name,
                            event what) {
  if (who == nullptr) return no_target(o, name, what);
  return what == event::create ? error{} : o.room_for_tenant(function_of(who).tenant(), what);
}

/// The core, and one place among the calls with a callback that may be under way in it.
class place {
public:
  explicit place(std::shared_ptr<core> o) noexcept : core_{std::move(o)} {
    core_->callback_calls.fetch_add(1, std::memory_order_relaxed);
  }
  place(place&&) noexcept = default;
  place& operator=(place&&) = delete;
  ~place() {
    if (core_ != nullptr) core_->callback_calls.fetch_sub(1, std::memory_order_relaxed);
  }
  [[nodiscard]] core& operator*() const noexcept { return *core_; }
  [[nodiscard]] core* operator->() const noexcept { return core_.get(); }

private:
  std::shared_ptr<core> core_;
};

/// A call whose view goes to a callback.
class callback_call final : public call {
public:
  callback_call(place here, std::string name, question q, bool with_document,
                runtime::view_callback done)
      : core_{std::move(here)},
        name_{std::move(name)},
        question_{std::move(q)},
        with_document_{with_document},
        done_{std::move(done)} {}

  /// Asks; the call belongs to itself from now on.
  static void ask(std::unique_ptr<callback_call> c) {
    const caf::strong_actor_ptr who = target_of(*c->core_, c->name_, c->question_.what.event);
    const event what = c->question_.what.event;
    error no =
        c->rounds_ == 0 ? changes_too_fast(c->name_) : no_call(*c->core_, who, c->name_, what);
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

  place core_;
  std::string name_;
  question question_;
  bool with_document_;
  runtime::view_callback done_;
  int rounds_ = rounds_max;
  std::atomic<stage> at_{stage::asking};
};

[[nodiscard]] error room_for_call(const core& o) {
  if (mutated(mutant::calls_unbounded)) return {};
  if (o.callback_calls.load(std::memory_order_relaxed) < o.how.calls_max) return {};
  return {errc::too_many_requests,
          fmt::format("{} calls with a callback are under way", o.how.calls_max)};
}

/// Makes the call, or says to `done` that there is no room for it.
[[nodiscard]] std::unique_ptr<callback_call> make_call(const std::shared_ptr<core>& o,
                                                       std::string_view name, question q,
                                                       bool with_document,
                                                       runtime::view_callback done) {
  if (error full = room_for_call(*o); full.code != errc::none) {
    done(o->refuse(std::move(full)));
    return nullptr;
  }
  return std::make_unique<callback_call>(place{o}, std::string{name}, std::move(q), with_document,
                                         std::move(done));
}

}  // namespace

error refuse_sync(const core& o) {
  if (inside_the_runtime()) {
    return {errc::would_deadlock,
            "a synchronous call from inside a callback, an observer or a provider would wait for "
            "itself"};
  }
  if (o.stopping()) return {errc::stopped, "the runtime has stopped"};
  return {};
}

expected<function_view> ask(core& o, std::string_view name, question q, bool with_document) {
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
  return o.refuse(changes_too_fast(name));
}

void ask_later(const std::shared_ptr<core>& o, std::string_view name, question q,
               bool with_document, runtime::view_callback done) {
  if (auto c = make_call(o, name, std::move(q), with_document, std::move(done)))
    callback_call::ask(std::move(c));
}

void look_at_once(const std::shared_ptr<core>& o, std::string_view name, question q,
                  runtime::view_callback done) {
  if (auto c = make_call(o, name, std::move(q), true, std::move(done)))
    callback_call::look(std::move(c));
}

}  // namespace fsm::detail
