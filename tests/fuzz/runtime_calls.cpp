#include "fuzz.hpp"
#include "support/scripted_provider.hpp"
#include <fsm/actors.hpp>
#include <fsm/runtime.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

// Calls of three functions in any order, with a provider that fails, is silent or answers twice,
// and time that passes in steps. What each call says is compared with what is seen before and after
// it; in the end everything settles, and the provider holds what Active functions own.

namespace fsm::fuzz {

namespace {

using namespace std::chrono_literals;
using testing::reply;
using testing::scripted_provider;

constexpr std::size_t names_max = 3;
constexpr std::size_t steps_max = 64;

/// A runtime whose every step is taken on this thread.
class world {
public:
  world() {
    config_.set("scheduler.policy", caf::atom("testing"));
    system_ = std::make_unique<caf::actor_system>(config_);
    options how;
    how.clock = clock_;
    how.provider = provider_;
    how.functions_max = 64;
    how.threads = 1;
    how.run = run_mode::scheduled;
    how.idle_after = 1h;
    auto started = fsm::start(how, *system_);
    check(started.has_value(), "a runtime starts");
    functions_ = std::make_unique<runtime>(*std::move(started));
  }
  world(const world&) = delete;
  world& operator=(const world&) = delete;
  ~world() {
    admitted_.clear();
    functions_->stop();
    functions_.reset();
  }

  void follow(reader& from) {
    const auto kind = from.byte();
    const auto which = "f" + std::to_string(from.byte() % names_max);
    const auto before = look(which);
    switch (kind % 16) {
      case 0:
      case 1: return created(which, before, functions_->create({.name = which, .document = "1"}));
      case 2:
      case 3: return update(which, before, from.byte());
      case 4:
        return removed(which, before, functions_->remove(which, from.byte() % 2 == 0 ? 0 : 77));
      case 5:
      case 6: return admit(which, before);
      case 7: return complete(from.byte());
      case 8: return script(from.byte());
      case 9: return answer(from.byte());
      case 10: return pass(1s);
      case 11: return pass(from.byte() % 2 == 0 ? fsm::duration{10min} : fsm::duration{2h});
      case 12: return change(which, before, from.byte());
      case 13: return admit_async(which, before);
      case 14: return explain(which, before);
      default: return wait(which, before);
    }
  }

  /// What holds at any time.
  void compare() {
    functions_->settle();
    population counted{};
    std::set<std::string> listed;
    const auto page = functions_->list({.limit = 2});
    check(page.has_value(), "there is a list");
    for (auto now = *page;;) {
      for (const function_view& each : now.functions) {
        check(listed.insert(each.name).second, "a list gives each function once");
        ++counted[index_of(each.pair())];
      }
      if (now.cursor == 0) break;
      now = *functions_->list({.limit = 2, .cursor = now.cursor});
    }
    check(functions_->size() == listed.size(), "the size is that of the list");
    const auto count = functions_->count();
    check(std::equal(count.begin() + 1, count.end(), counted.begin() + 1), "counts are the list's");
    for (std::size_t i = 0; i < names_max; ++i) compare("f" + std::to_string(i), listed);
  }

  /// Everything has time to come to its end.
  void end() {
    admitted_.clear();
    provider_->relent();
    for (std::size_t i = 0; i < provider_->call_count(); ++i) {
      if (!provider_->at(i).answered) provider_->answer(i);
    }
    // Not so long that what is Active goes idle, but beyond every deadline.
    pass(30min);
    std::set<attempt_token> owned;
    const auto page = functions_->list({.limit = 100});
    for (const function_view& each : page->functions) {
      check(each.state != state::pending, "nothing is Pending for ever");
      check(each.update_status != last_update_status::in_progress, "no update runs for ever");
      if (each.state != state::active) continue;
      const auto admitted = functions_->admit(each.name);
      check(admitted.has_value(), "what is Active is invoked");
      owned.insert(admitted->resource());
    }
    check(provider_->held() == owned, "the provider holds what Active functions own");
  }

private:
  using view = std::optional<function_view>;

  view look(const std::string& name) {
    functions_->settle();
    auto found = functions_->get(name);
    if (found) return *std::move(found);
    check(found.error().code == errc::not_found, "what cannot be got is not there");
    return std::nullopt;
  }

  static bool same(const view& a, const view& b) {
    if (!a || !b) return !a && !b;
    return a->uid == b->uid && a->revision == b->revision && a->pair() == b->pair() &&
           a->version == b->version && a->document == b->document && a->metadata == b->metadata;
  }

  /// A call that was refused has changed nothing.
  void refused(const std::string& name, const view& before, const error& why) {
    check(!why.message.empty(), "a refusal says why");
    if (!before) check(why.code == errc::not_found, "what is not there is not found");
    // A call may give up what is stuck, and an invocation starts a restore.
    const bool may_act =
        before && (before->state == state::pending ||
                   (before->state == state::inactive && why.code == errc::function_initializing));
    if (!may_act) check(same(look(name), before), "what is refused changes nothing");
  }

  void created(const std::string& name, const view& before, const expected<function_view>& got) {
    check(got.has_value() == !before, "a name is created once");
    if (!got) {
      check(got.error().code == errc::already_exists, "the name is taken");
      check(same(look(name), before), "what is refused changes nothing");
      return;
    }
    check(got->pair() == pairs::creating && got->revision == 1, "a new function is Pending");
    check(!uids_.contains(got->uid), "a uid is given once");
    uids_.insert(got->uid);
  }

  void update(const std::string& name, const view& before, std::uint8_t how) {
    const std::uint32_t expected = how % 4 == 0             ? 77
                                   : how % 4 == 1 && before ? before->revision
                                                            : 0;
    const auto got = functions_->update(
        {.name = name, .document = "2", .expected_revision = expected, .dry_run = how % 8 > 5});
    if (!got) return refused(name, before, got.error());
    check(before && (before->state == state::active || before->state == state::inactive),
          "only what is Active or Inactive is updated");
    if (how % 8 > 5) check(same(look(name), before), "a rehearsal changes nothing");
    if (how % 8 > 5) return;
    check(got->state == before->state, "an update keeps the State");
    check(got->update_status == last_update_status::in_progress, "an update begins");
    check(got->version == before->version, "the version stays until the update is done");
  }

  void removed(const std::string& name, const view& before, const expected<function_view>& got) {
    if (!got) return refused(name, before, got.error());
    check(before && got->uid == before->uid, "the function that was there is removed");
    check(!look(name), "what is removed is not found");
  }

  void admit(const std::string& name, const view& before) {
    auto got = functions_->admit(name);
    if (!got) {
      check(!before || before->state != state::active, "what is Active is invoked");
      return refused(name, before, got.error());
    }
    check(before && before->state == state::active, "only what is Active is invoked");
    check(got->version() == before->version, "the current version runs");
    check(provider_->held().contains(got->resource()), "it runs on resources that are there");
    admitted_.push_back(*std::move(got));
  }

  void admit_async(const std::string& name, const view& before) {
    const auto got = functions_->admit_async(name);
    if (!got) return refused(name, before, got.error());
    check(before && before->state != state::failed, "no event is taken for what has failed");
  }

  void change(const std::string& name, const view& before, std::uint8_t how) {
    constexpr std::array kinds{event::tag,     event::configure, event::permit,
                               event::publish, event::republish, event::alias_target};
    const event what = kinds[how % kinds.size()];
    const bool brings = what != event::republish && what != event::alias_target && how > 127;
    const auto got = functions_->change(
        {.name = name,
         .event = what,
         .metadata = brings ? metadata_option{std::to_string(how)} : std::nullopt});
    if (!got) return refused(name, before, got.error());
    const auto after = look(name);
    check(before && after && after->pair() == before->pair(), "a change keeps the situation");
    check(after->metadata == (brings ? std::to_string(how) : before->metadata),
          "metadata is what was given last");
    check(after->document == before->document, "a change keeps the document");
  }

  void explain(const std::string& name, const view& before) {
    const auto got = functions_->explain(name);
    check(got.has_value() == before.has_value(), "what is there is explained");
    if (!got) return;
    check(got->now.uid == before->uid && got->now.revision == before->revision &&
              got->now.pair() == before->pair(),
          "the explanation is of now");
    check(!sentences(*got).empty(), "an explanation has words");
    check(same(look(name), before), "an explanation changes nothing");
  }

  void wait(const std::string& name, const view& before) {
    waiters_.push_back(functions_->wait(name, active, 1min, [this](expected<function_view> got) {
      ++answered_;
      if (got && got->state != state::active) is_wrong_ = true;
    }));
    check(!is_wrong_, "a waiter is told what it waits for");
    if (before && before->state == state::active) {
      const auto known = answered_;
      functions_->settle();
      check(answered_ >= known, "what holds is not waited for");
    }
  }

  void complete(std::uint8_t which) {
    if (admitted_.empty()) return;
    admitted_.erase(admitted_.begin() + static_cast<std::ptrdiff_t>(which % admitted_.size()));
  }

  void script(std::uint8_t how) {
    const std::array<reply, 5> replies{
        testing::replies::at_once, testing::replies::later, testing::replies::transient,
        testing::replies::twice,
        testing::replies::fails(how > 127 ? reason_code::subnet_out_of_ip_addresses
                                          : reason_code::invalid_security_group)};
    const reply& next = replies[how % replies.size()];
    (how / 16 % 2 == 0) ? provider_->next_provisions({next}) : provider_->next_releases({next});
  }

  void answer(std::uint8_t how) {
    for (std::size_t i = 0; i < provider_->call_count(); ++i) {
      const auto call = provider_->at(i);
      if (call.answered) continue;
      const bool fails = how % 3 == 0 && !call.is_release;
      provider_->answer(i, fails ? testing::replies::fails(reason_code::internal_error)
                                 : testing::replies::at_once);
      return;
    }
  }

  void pass(fsm::duration span) {
    clock_->advance(span);
    functions_->settle();
  }

  void compare(const std::string& name, const std::set<std::string>& listed) {
    const auto now = look(name);
    check(now.has_value() == listed.contains(name), "a list says what is there");
    if (!now) return;
    const auto history = functions_->history(name);
    check(history && !history->empty(), "a function has a history");
    const transition& last = history->back();
    check(last.to == now->pair() && last.revision == now->revision, "history ends with now");
    check(std::is_sorted(history->begin(), history->end(),
                         [](const auto& a, const auto& b) { return a.sequence < b.sequence; }),
          "history is in order");
    std::uint32_t& revision = revisions_[now->uid];
    check(now->revision >= revision, "revisions grow");
    revision = now->revision;
  }

  const std::shared_ptr<manual_clock> clock_ = std::make_shared<manual_clock>();
  const std::shared_ptr<scripted_provider> provider_ = std::make_shared<scripted_provider>(clock_);
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::set<std::uint64_t> uids_;
  std::map<std::uint64_t, std::uint32_t> revisions_;
  std::size_t answered_ = 0;
  bool is_wrong_ = false;
  std::unique_ptr<runtime> functions_;
  std::vector<admission> admitted_;
  std::vector<subscription> waiters_;
};

}  // namespace

void runtime_calls(std::string_view input) {
  world all;
  reader from{input};
  for (std::size_t i = 0; i < steps_max && !from.at_end(); ++i) {
    all.follow(from);
    all.compare();
  }
  all.end();
}

}  // namespace fsm::fuzz
