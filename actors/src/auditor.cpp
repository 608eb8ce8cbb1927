#include "auditor.hpp"

#include "core.hpp"
#include "function_actor.hpp"
#include "mutant.hpp"
#include "provisioner.hpp"
#include <fsm/quoted.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <bit>

namespace fsm::detail {

namespace {

/// To a function: which attempts are yours?
struct owner_question final : call {
  owner_question(auditor& asker, std::uint64_t audit, const attempt_token& token) : asker_{asker} {
    what.event = event::read;
    reply_->audit = audit;
    reply_->token = token;
  }
  void answered() noexcept override {
    // A function that outlives its runtime answers, too, and then there is no auditor any more.
    if (failure.code != errc::stopped) {
      reply_->answered = failure.code == errc::none && answer != fsm::answer::not_found;
      reply_->held = found.record.held;
      const lifecycle_record& r = found.record;
      const bool waits = r.pair.state == state::pending || r.target() != 0;
      reply_->first_open = waits ? r.attempt : r.attempt + 1;
      asker_.post(reply_.release());
    }
    delete this;
  }

private:
  auditor& asker_;
  std::unique_ptr<owner_asked> reply_ = std::make_unique<owner_asked>();
};

}  // namespace

auditor::auditor(caf::actor_config& how, core& o)
    : compact_actor{how}, core_{o}, alarm_{o.clock, [this] { post(new audit_tick); }} {}

void auditor::start() noexcept {
  if (core_.how.provisioner.audit_interval != duration{}) post(new audit_tick);
}

void auditor::handle(internal_message* what) noexcept {
  if (auto* page = as<held_listed>(what)) {
    if (page->audit == audit_) on_page(*page);
  } else if (const auto* owner = as<owner_asked>(what)) {
    if (owner->audit == audit_) on_owner(*owner);
  } else if (!core_.stopping()) {
    begin();
  }
  delete what;
}

void auditor::begin() {
  ++audit_;
  after_ = {};
  is_last_page_ = false;
  unanswered_ = 0;
  result_ = {};
  ask_provider();
}

void auditor::ask_provider() {
  const auto take = [where = core_.weak_from_this(),
                     audit = audit_](expected<std::vector<attempt_token>> tokens) {
    const std::shared_ptr<core> o = where.lock();
    if (o == nullptr) return;
    const epoch_domain::pin pinned{o->pool->epochs};
    if (o->pool->owner() == nullptr) return;  // Stopped.
    auto* page = new held_listed;
    page->audit = audit;
    page->tokens = std::move(tokens);
    o->auditor->post(page);
  };
  if (!guarded([this, &take] { core_.provider->held(after_, page_max, take); }))
    take(unexpected({errc::internal, "the resource provider threw an exception"}));
}

void auditor::on_page(held_listed& page) {
  // Should the provider not answer next time, the one after that begins anew.
  const duration interval = core_.how.provisioner.audit_interval;
  if (!page.tokens) {
    // One that cannot list what it holds is not asked again.
    if (page.tokens.error().code == errc::invalid_argument) return;
    if (core_.how.log != nullptr)
      core_.how.log->warn("audit given up reason={}", quoted(page.tokens.error().message));
    alarm_.at_latest(core_.clock->now() + interval);
    return;
  }
  alarm_.at_latest(core_.clock->now() + interval);
  std::vector<attempt_token>& tokens = *page.tokens;
  is_last_page_ = tokens.size() < page_max;
  result_.held += tokens.size();
  std::sort(tokens.begin(), tokens.end());
  if (!tokens.empty()) {
    if (tokens.back() <= after_) is_last_page_ = true;  // It does not get anywhere.
    after_ = tokens.back();
  }
  for (const attempt_token& token : without_owner(tokens)) release(token);
  go_on();
}

std::vector<attempt_token> auditor::without_owner(const std::vector<attempt_token>& tokens) {
  std::vector<bool> has_owner(tokens.size(), false);
  const auto first_of = [&tokens](std::uint64_t uid) {
    return std::lower_bound(tokens.begin(), tokens.end(), attempt_token{uid, 0});
  };
  {
    // What the index shows while this thread is pinned cannot be freed until it no longer is.
    const epoch_domain::pin pinned{core_.pool->epochs};
    const std::size_t words = (core_.pool->used() + 63) / 64;
    for (std::size_t word = 0; word < words; ++word) {
      std::uint64_t bits = core_.index.word(word, table_words::existing);
      for (; bits != 0; bits &= bits - 1) {
        const auto slot = static_cast<std::uint32_t>(
            word * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
        const hot_line& function = core_.pool->line(slot);
        const std::uint64_t uid = function.uid;
        for (auto at = first_of(uid); at != tokens.end() && at->uid == uid; ++at) {
          has_owner[static_cast<std::size_t>(at - tokens.begin())] =
              !mutated(mutant::audit_releases_owned);
          if (at->number != function.held.load(std::memory_order_relaxed)) ask_owner(slot, *at);
        }
      }
    }
  }
  std::vector<attempt_token> rest;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!has_owner[i]) rest.push_back(tokens[i]);
  }
  return rest;
}

void auditor::ask_owner(std::uint32_t slot, const attempt_token& token) {
  ++unanswered_;
  core_.pool->function(slot)->post(new owner_question{*this, audit_, token});
}

void auditor::on_owner(const owner_asked& what) {
  --unanswered_;
  const std::uint32_t number = what.token.number;
  if (what.answered && number != what.held && number < what.first_open) release(what.token);
  go_on();
}

void auditor::release(const attempt_token& token) {
  if (core_.pool->draining.holds(token)) return;
  ++result_.orphans;
  core_.provisioner->release(token);
}

void auditor::go_on() {
  if (unanswered_ != 0) return;
  if (is_last_page_) {
    finish();
  } else {
    ask_provider();
  }
}

void auditor::finish() {
  if (result_.orphans != 0 && core_.how.log != nullptr) {
    core_.how.log->warn("audit released what nobody owns held={} orphans={}", result_.held,
                        result_.orphans);
  }
  core_.observe([this](observer& o) { o.on_audit(result_); });
}

}  // namespace fsm::detail
