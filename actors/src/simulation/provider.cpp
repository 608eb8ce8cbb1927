#include <fsm/simulated.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

namespace fsm {

namespace {

constexpr duration late_max = std::chrono::seconds{20};

/// What is behind the network if it is nothing of the user's.
class ledger final : public resource_provider {
public:
  void provision(const provision_request& request, completion done) override {
    if (is_replaced(request.epoch)) return done.transient("another owner has been here");
    held_.insert(request.token);
    done.succeeded();
  }
  void release(const attempt_token& token, completion done) override {
    held_.erase(token);
    done.succeeded();
  }
  void release_for(const attempt_token& token, std::uint64_t epoch, completion done) override {
    if (is_replaced(epoch)) return done.transient("another owner has been here");
    release(token, std::move(done));
  }
  void held(attempt_token after, std::size_t limit, held_tokens done) override {
    std::vector<attempt_token> page;
    for (auto at = held_.upper_bound(after); at != held_.end() && page.size() < limit; ++at)
      page.push_back(*at);
    done(std::move(page));
  }

private:
  [[nodiscard]] bool is_replaced(std::uint64_t epoch) {
    latest_ = std::max(latest_, epoch);
    return epoch < latest_;
  }

  std::set<attempt_token> held_;
  std::uint64_t latest_ = 0;
};

}  // namespace

struct simulated_provider::shared {
  std::shared_ptr<simulated_clock> clock;
  std::shared_ptr<fault_plan> faults;
  chance luck;
  std::shared_ptr<resource_provider> behind;
  simulated_provider* owner;
  /// Until when a function's earlier calls are on their way.
  std::map<std::uint64_t, timestamp> busy_until{};
};

/// What one runtime sees of the provider.
class simulated_provider::connection final : public resource_provider,
                                             public std::enable_shared_from_this<connection> {
public:
  explicit connection(std::shared_ptr<shared> s) : s_{std::move(s)} {}

  void provision(const provision_request& request, completion done) override {
    call({.token = request.token, .try_number = request.try_number, .epoch = request.epoch},
         std::move(done), [request, to = s_->behind](completion answer) {
           to->provision(request, std::move(answer));
         });
  }
  void release(const attempt_token& token, completion done) override {
    call({.token = token, .is_release = true}, std::move(done),
         [token, to = s_->behind](completion answer) { to->release(token, std::move(answer)); });
  }
  void release_for(const attempt_token& token, std::uint64_t epoch, completion done) override {
    call({.token = token, .is_release = true, .try_number = 0, .epoch = epoch}, std::move(done),
         [token, epoch, to = s_->behind](completion answer) {
           to->release_for(token, epoch, std::move(answer));
         });
  }
  void held(attempt_token after, std::size_t limit, held_tokens done) override {
    if (is_cut_) return;
    if (s_->faults->strikes(fault::listing_failed, s_->luck))
      return done(unexpected({errc::internal, "the simulated network is down"}));
    s_->behind->held(after, limit, std::move(done));
  }
  [[nodiscard]] bool wants_documents() const noexcept override {
    return s_->behind->wants_documents();
  }
  [[nodiscard]] bool wants_recovered() const override { return s_->behind->wants_recovered(); }
  void recovered(const provision_request& held) override { s_->behind->recovered(held); }

  void cut() { is_cut_ = true; }

private:
  using delivery = std::function<void(completion)>;

  void call(const provider_call& what, completion done, delivery deliver);
  void arrive(const provider_call& what, const completion& done, const delivery& deliver);
  void answer(const provider_call& what, const completion& done, completion::result result,
              reason_code why, const std::string& text);
  void hand_over(const provider_call& what, const completion& done, completion::result result,
                 reason_code why, const std::string& text);
  [[nodiscard]] timestamp arrival(const provider_call& what);
  /// Runs `what` at `when`, which may be now.
  void at(timestamp when, std::function<void(connection&)> what) {
    if (when <= s_->clock->now()) return what(*this);
    s_->clock->call_at(when, [self = shared_from_this(), what = std::move(what)] { what(*self); });
  }

  std::shared_ptr<shared> s_;
  bool is_cut_ = false;
};

timestamp simulated_provider::connection::arrival(const provider_call& what) {
  shared& s = *s_;
  const timestamp now = s.clock->now();
  if (!what.is_release && s.faults->strikes(fault::request_overtaken, s.luck))
    return now + s.luck.up_to(10 * late_max);
  timestamp when = now;
  if (s.faults->strikes(fault::request_late, s.luck)) when += s.luck.up_to(late_max);
  timestamp& busy = s.busy_until[what.token.uid];
  busy = std::max(busy, when);
  return busy;
}

void simulated_provider::connection::call(const provider_call& what, completion done,
                                          delivery deliver) {
  if (is_cut_) return;
  shared& s = *s_;
  if (s.owner != nullptr && s.owner->on_call) s.owner->on_call(what);
  if (s.faults->strikes(fault::provider_threw, s.luck)) {
    if (s.owner != nullptr && s.owner->on_answer) s.owner->on_answer(what, false);
    throw std::runtime_error{"no network"};
  }
  if (s.faults->strikes(fault::request_lost, s.luck)) return;
  if (s.faults->strikes(fault::answer_transient, s.luck))
    return hand_over(what, done, completion::result::transient, reason_code::none, "try again");
  if (s.faults->strikes(fault::answer_failed, s.luck)) {
    constexpr std::array reasons{reason_code::subnet_out_of_ip_addresses,
                                 reason_code::insufficient_role_permissions,
                                 reason_code::internal_error};
    return hand_over(what, done, completion::result::failed, reasons[s.luck.below(reasons.size())],
                     "it cannot be made");
  }
  at(arrival(what), [what, done = std::move(done), deliver = std::move(deliver)](connection& c) {
    c.arrive(what, done, deliver);
  });
}

void simulated_provider::connection::arrive(const provider_call& what, const completion& done,
                                            const delivery& deliver) {
  deliver(completion{[self = shared_from_this(), what, done](completion::result result,
                                                             reason_code why, std::string text) {
    self->answer(what, done, result, why, text);
  }});
}

void simulated_provider::connection::answer(const provider_call& what, const completion& done,
                                            completion::result result, reason_code why,
                                            const std::string& text) {
  shared& s = *s_;
  const bool succeeded = result == completion::result::succeeded;
  if (s.faults->strikes(fault::answer_lost, s.luck)) return;
  if (succeeded && s.faults->strikes(fault::made_but_failed, s.luck))
    return hand_over(what, done, completion::result::failed, reason_code::internal_error,
                     "it was made, says nobody");
  const timestamp now = s.clock->now();
  const timestamp when =
      s.faults->strikes(fault::answer_late, s.luck) ? now + s.luck.up_to(10 * late_max) : now;
  const bool twice = s.faults->strikes(fault::answer_twice, s.luck);
  at(when, [what, done, result, why, text, twice](connection& c) {
    c.hand_over(what, done, result, why, text);
    if (twice) done.failed(reason_code::internal_error, "a second answer");
  });
}

void simulated_provider::connection::hand_over(const provider_call& what, const completion& done,
                                               completion::result result, reason_code why,
                                               const std::string& text) {
  if (is_cut_) return;
  if (s_->owner != nullptr && s_->owner->on_answer)
    s_->owner->on_answer(what, result == completion::result::succeeded);
  switch (result) {
    case completion::result::succeeded: done.succeeded(); break;
    case completion::result::failed: done.failed(why, text); break;
    case completion::result::transient: done.transient(text); break;
  }
}

simulated_provider::simulated_provider(std::shared_ptr<simulated_clock> time,
                                       std::shared_ptr<fault_plan> faults, std::uint64_t seed,
                                       std::shared_ptr<resource_provider> behind)
    : shared_{std::make_shared<shared>(
          shared{.clock = std::move(time),
                 .faults = std::move(faults),
                 .luck = chance{seed},
                 .behind = behind != nullptr ? std::move(behind) : std::make_shared<ledger>(),
                 .owner = this})} {}

simulated_provider::~simulated_provider() { shared_->owner = nullptr; }

std::shared_ptr<resource_provider> simulated_provider::connect() {
  return std::make_shared<connection>(shared_);
}

void simulated_provider::cut(resource_provider& connection) {
  static_cast<simulated_provider::connection&>(connection).cut();
}

void simulated_provider::reseed(std::uint64_t seed) noexcept { shared_->luck = chance{seed}; }

expected<std::vector<attempt_token>> simulated_provider::held() const {
  constexpr std::size_t page_max = 4096;
  std::vector<attempt_token> all;
  for (;;) {
    std::optional<expected<std::vector<attempt_token>>> page;
    shared_->behind->held(all.empty() ? attempt_token{} : all.back(), page_max,
                          [&page](auto given) { page = std::move(given); });
    if (!page) return unexpected({errc::internal, "the provider does not list at once"});
    if (!*page) return *page;
    all.insert(all.end(), (*page)->begin(), (*page)->end());
    if ((*page)->size() < page_max) return all;
  }
}

}  // namespace fsm
