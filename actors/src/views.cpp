#include "views.hpp"

#include "core.hpp"
#include "dispatch.hpp"
#include "function_actor.hpp"
#include "journal.hpp"

#include <fmt/format.h>

#include <bit>

namespace fsm::detail {

namespace {

[[nodiscard]] function_view view_of(const core& o, std::string_view name, const snapshot& found,
                                    std::uint64_t sequence) {
  const lifecycle_record& r = found.record;
  return {.name = std::string{name},
          .tenant = o.tenants[found.tenant],
          .uid = found.uid,
          .state = r.pair.state,
          .update_status = r.pair.update_status,
          .state_reason_code = r.state_reason,
          .state_reason = std::string{default_text(r.state_reason)},
          .update_reason_code = r.update_reason,
          .update_reason = std::string{default_text(r.update_reason)},
          .revision = r.revision,
          .version = r.version,
          .target_version = r.target(),
          .since = r.since,
          .sequence = sequence,
          .document = {},
          .metadata = {}};
}

/// Only a failure's text may have been given by a provider, so that the store has to be asked.
[[nodiscard]] bool needs_texts(const function_view& view) noexcept {
  return is_failure(view.state_reason_code) || is_failure(view.update_reason_code);
}

/// How a wait ends that was not refused: `statistics` count these by themselves.
[[nodiscard]] bool is_end_of_wait(errc code) noexcept {
  return code == errc::timed_out || code == errc::unreachable || code == errc::cancelled;
}

/// The view an answered call ends in, but for what the store knows.
[[nodiscard]] expected<function_view> view_at_once(core& o, std::string_view name,
                                                   const call& answered) {
  if (answered.wait_for && is_end_of_wait(answered.failure.code))
    return unexpected(answered.failure);
  if (answered.failure.code != errc::none) return o.refuse(answered.failure);
  if (!answered.wait_for) {
    error why = refusal(answered.answer, answered.what.event, name, answered.found.record);
    if (why.code != errc::none) return o.refuse(std::move(why));
  }
  return view_of(o, name, answered.found, answered.sequence);
}

void add_metadata(core& o, function_view view, const runtime::view_callback& done) {
  const std::uint64_t uid = view.uid;
  o.store->read_metadata(uid,
                         [view = std::move(view), done](expected<std::string> metadata) mutable {
                           if (!metadata) return done(unexpected(metadata.error()));
                           view.metadata = *std::move(metadata);
                           done(std::move(view));
                         });
}

/// The document, and then the metadata.
void add_document(core& o, function_view view, const runtime::view_callback& done) {
  if (!o.store->keeps_documents()) return done(std::move(view));
  const std::uint32_t version = view.target_version != 0 ? view.target_version : view.version;
  const std::uint64_t uid = view.uid;
  o.store->read_document(
      uid, version, [&o, view = std::move(view), done](expected<std::string> document) mutable {
        if (document) {
          view.document = *std::move(document);
          add_metadata(o, std::move(view), done);
        } else if (document.error().code == errc::not_found) {
          done(unexpected({errc::none, "the version was replaced while it was read"}));
        } else {
          done(unexpected(document.error()));
        }
      });
}

/// A waiter whose answer goes to a callback.
struct wait_callback final : wait_call {
  wait_callback(const std::shared_ptr<core>& where, runtime::view_callback done)
      : where_{where}, done_{std::move(done)} {
    where->callback_waits.fetch_add(1, std::memory_order_relaxed);
  }
  void answered() noexcept override {
    if (const auto alive = where_.lock()) {
      alive->callback_waits.fetch_sub(1, std::memory_order_relaxed);
      guarded([&] { later_view(*alive, name, *this, false, std::move(done_)); });
    }
    delete this;
  }
  [[nodiscard]] bool answers_anywhere() const noexcept override { return false; }

private:
  std::weak_ptr<core> where_;
  runtime::view_callback done_;
};

}  // namespace

expected<runtime> start_core(options how, caf::actor_system* borrowed) {
  if (expected<void> valid = validate(how); !valid) return unexpected(valid.error());
  auto o = std::make_shared<core>(std::move(how), borrowed);
  if (expected<void> started = o->start(); !started) return unexpected(started.error());
  return core::facade(std::move(o));
}

void later_view(core& o, std::string_view name, const call& answered, bool with_document,
                runtime::view_callback done) {
  expected<function_view> seen = view_at_once(o, name, answered);
  if (!seen || !needs_texts(*seen)) {
    return seen && with_document ? add_document(o, *std::move(seen), done) : done(std::move(seen));
  }
  const std::uint64_t uid = seen->uid;
  o.store->read_reasons(uid, [&o, view = *std::move(seen), with_document,
                              done = std::move(done)](expected<reason_texts> texts) mutable {
    if (!texts) return done(unexpected(texts.error()));
    if (!texts->state.empty()) view.state_reason = std::move(texts->state);
    if (!texts->update.empty()) view.update_reason = std::move(texts->update);
    return with_document ? add_document(o, std::move(view), done) : done(std::move(view));
  });
}

expected<function_view> await_view(core& o, std::string_view name, const call& answered,
                                   bool with_document) {
  if (!with_document || !o.store->keeps_documents()) {
    expected<function_view> seen = view_at_once(o, name, answered);
    if (!seen || !needs_texts(*seen)) return seen;
  }
  return await<function_view>(
      [&](auto done) { later_view(o, name, answered, with_document, std::move(done)); });
}

void prepare_wait(core& o, wait_call& c, std::string_view name, const condition& what,
                  duration timeout) {
  c.name = name;
  c.wait_for = what;
  const timestamp now = o.clock->now();
  c.what = {.event = event::read, .at = now};
  c.deadline = timeout > timestamp::max() - now ? timestamp::max() : now + timeout;
}

namespace {

/// Why nobody may wait just now; `errc::none` if somebody may. Beside those that are armed, as many
/// may be on their way there as calls.
[[nodiscard]] error no_wait(const core& o) {
  if (o.stopping()) return {errc::stopped, "the runtime has stopped"};
  const std::size_t waits = o.callback_waits.load(std::memory_order_relaxed);
  if (waits < o.how.waiters_max || waits - o.how.waiters_max < o.how.calls_max) return {};
  return {errc::too_many_requests, fmt::format("{} waits are under way", waits)};
}

}  // namespace

subscription wait_later(const std::shared_ptr<core>& o, std::string_view name,
                        const condition& what, duration timeout, runtime::view_callback done) {
  if (error no = no_wait(*o); no.code != errc::none) {
    done(o->refuse(std::move(no)));
    return {};
  }
  auto* c = new wait_callback{o, std::move(done)};
  prepare_wait(*o, *c, name, what, timeout);
  const auto ticket = std::allocate_shared<wait_ticket>(message_allocator<wait_ticket>{});
  c->ticket = ticket;
  if (const caf::strong_actor_ptr who = o->find(name)) {
    function_of(who).post(c);
  } else {
    o->tell_journal(*c);
  }
  return subscription{[where = o->weak_from_this(), ticket] {
    ticket->cancelled.store(true, std::memory_order_release);
    if (const auto alive = where.lock()) alive->cancel_waiter(ticket);
  }};
}

namespace {

/// The functions of 64 slots that a request wants, as bits, but for their names.
[[nodiscard]] std::uint64_t candidates(const core& o, std::size_t word, pair_set wanted,
                                       const list_request& what) {
  const std::uint64_t bits = o.index.word(word, wanted);
  return what.reason && bits != 0 ? bits & o.index.word(word, *what.reason) : bits;
}

}  // namespace

list_page list_functions(core& o, const list_request& what) {
  // Bounds the work of one page when few functions match: 64 functions per word.
  constexpr std::size_t words_per_page = 16'384;
  const pair_set wanted = what.pairs.empty() ? table_words::existing : what.pairs;
  list_page page;
  const epoch_domain::pin pinned{o.pool->epochs};
  if (o.pool->owner() == nullptr) return page;  // Stopped.
  const std::uint32_t used = o.pool->used();
  std::uint64_t position = what.cursor;  // The first slot to look at.
  const std::size_t last_word = position / 64 + words_per_page;
  while (position < used) {
    const std::size_t word = position / 64;
    if (word >= last_word) break;
    const std::uint64_t bits =
        candidates(o, word, wanted, what) & (~std::uint64_t{0} << (position % 64));
    if (bits == 0) {
      position = (word + 1) * 64;
      continue;
    }
    const auto slot =
        static_cast<std::uint32_t>(word * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
    if (page.functions.size() == what.limit) {
      position = slot;
      break;
    }
    position = slot + 1;
    // The name first: a million of them are looked at for a prefix that few have.
    const std::string_view name = o.pool->line(slot).name.view();
    if (!name.starts_with(what.prefix)) continue;
    const pair at = o.index.find(slot, wanted);
    if (at == pairs::absent) continue;
    function_view view;
    view.name = name;
    view.uid = o.pool->function(slot)->uid();
    view.state = at.state;
    view.update_status = at.update_status;
    page.functions.push_back(std::move(view));
  }
  page.cursor = position < used ? position : 0;
  return page;
}

expected<void> add_details(core& o, const list_request& what, list_page& page) {
  const pair_set wanted = what.pairs.empty() ? table_words::existing : what.pairs;
  std::vector<function_view> detailed;
  detailed.reserve(page.functions.size());
  for (const function_view& listed : page.functions) {
    const caf::strong_actor_ptr who = o.find(listed.name);
    if (who == nullptr) continue;
    sync_call c;
    c.what = {.event = event::read, .at = o.clock->now()};
    o.ask(function_of(who), c);
    expected<function_view> seen = await_view(o, listed.name, c, false);
    if (!seen && seen.error().code == errc::not_found) continue;
    if (!seen) return unexpected(seen.error());
    const bool has_reason = !what.reason || seen->state_reason_code == *what.reason ||
                            seen->update_reason_code == *what.reason;
    if (has_reason && wanted.contains(index_of(seen->pair()))) detailed.push_back(*std::move(seen));
  }
  page.functions = std::move(detailed);
  return {};
}

}  // namespace fsm::detail
