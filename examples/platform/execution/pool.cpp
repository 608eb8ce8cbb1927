#include "execution/pool.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace platform::execution {

namespace {

// How long a runtime that has answered may take to ask again until another one is started for who
// waits for it; and until who waits is refused, as none can be.
constexpr std::chrono::milliseconds patience_to_start{100};
constexpr std::chrono::milliseconds patience_when_full{500};
// Until it is looked again whether an environment has come that was about to.
constexpr std::chrono::milliseconds pause{20};

invoke::outcome not_run(std::string why) {
  invoke::outcome result;
  result.broken = std::move(why);
  return result;
}

}  // namespace

pool::pool(boost::asio::io_context& io, host& by, const fsm::attempt_token& token, settings of)
    : host_{by},
      token_{token},
      settings_{std::move(of)},
      pause_{std::make_shared<boost::asio::steady_timer>(io)} {}

void pool::prepare(fsm::completion done) {
  const bool ready =
      std::any_of(all_.begin(), all_.end(), [](const auto& each) { return each->is_ready(); });
  if (ready) return done.succeeded();
  preparing_ = std::move(done);
  start_wanted();
}

void pool::there_is_room() {
  waits_for_room_ = false;
  start_wanted();
}

void pool::run(job_ptr what) {
  if (is_stopping_) return what->finish(not_run("its version has been stopped"));
  while (!idle_.empty()) {
    auto& next = *idle_.back();
    if (!next.still_waits()) continue;  // It is idle no longer.
    idle_.pop_back();
    host_.is_not_idle(next);
    return next.run(std::move(what));
  }
  what->queued = std::chrono::steady_clock::now();
  queue_.push_back(std::move(what));
  start_wanted();
}

bool pool::cancel(const job& what) {
  const auto same = [&](const job_ptr& each) { return each.get() == &what; };
  if (const auto waits = std::find_if(queue_.begin(), queue_.end(), same); waits != queue_.end()) {
    const auto found = *waits;
    queue_.erase(waits);
    found->finish(not_run("it was cancelled before it began"));
    return true;
  }
  const auto now = all_;
  return std::any_of(now.begin(), now.end(), [&](const auto& each) { return each->cancel(what); });
}

void pool::let_go(environment& which) {
  std::erase(idle_, &which);
  host_.is_not_idle(which);
  which.stop();
}

void pool::stop(std::function<void()> done) {
  stopped_.push_back(std::move(done));
  is_stopping_ = true;
  preparing_.reset();
  for (const auto& each : std::exchange(queue_, {}))
    each->finish(not_run("its version has been stopped"));
  for (auto* each : std::exchange(idle_, {})) host_.is_not_idle(*each);
  for (const auto& each : all_) each->stop();
  go_if_done();
}

// How many should be starting: an environment that is about to ask takes one of those who wait.
// Where another one cannot be started, room that will be there soon is waited for.
std::size_t pool::wanted() const {
  auto waiting = queue_.size();
  const bool is_full = waiting != 0 && !host_.has_room();
  const auto patience = is_full ? patience_when_full : patience_to_start;
  const auto less = [&](auto count) { waiting -= std::min<std::size_t>(waiting, count); };
  less(std::count_if(all_.begin(), all_.end(),
                     [&](const auto& each) { return each->is_between_invocations(patience); }));
  if (waiting != 0 && is_full) {
    const auto then = std::chrono::steady_clock::now() - patience;
    const auto young = std::count_if(queue_.begin(), queue_.end(),
                                     [&](const auto& each) { return each->queued > then; });
    less(std::min(static_cast<std::size_t>(young), host_.coming_room(patience)));
  }
  return std::max<std::size_t>(waiting, preparing_ && !waits_for_room_ ? 1 : 0);
}

// As many as have somebody waiting for them. What fails at once takes somebody out of the line.
void pool::start_wanted() {
  while (starting_ < wanted()) {
    ++starting_;
    if (code_) {
      start_with(code_);
    } else {
      find_code();
    }
  }
  if (queue_.size() > starting_) look_again();
}

// Somebody counts on an environment that is coming: it may not come.
void pool::look_again() {
  if (std::exchange(looks_again_, true)) return;
  pause_->expires_after(pause);
  pause_->async_wait(
      [this, alive = std::weak_ptr{pause_}](const boost::system::error_code& problem) {
        if (problem || alive.expired()) return;
        looks_again_ = false;
        start_wanted();
      });
}

void pool::find_code() {
  ++finding_;
  host_.find_code(settings_, [this](tl::expected<code_cache::folder, start_failure> found) {
    --finding_;
    if (is_stopping_) return go_if_done();
    if (!found) return fail(found.error());
    code_ = *std::move(found);
    start_with(code_);
  });
}

void pool::start_with(const code_cache::folder& code) {
  auto started = host_.start_environment(settings_, code, *this);
  if (!started) return fail(started.error());
  all_.push_back(*std::move(started));
  all_.back()->start();
}

// One that was starting will not be there.
void pool::fail(const start_failure& why) {
  --starting_;
  if (preparing_ && why.no_room) {
    if (!std::exchange(waits_for_room_, true)) host_.wait_for_room(*this);
  } else if (const auto who = std::exchange(preparing_, std::nullopt)) {
    why.platform_failed ? who->transient(why.message) : who->failed(why.why, why.message);
  }
  if (queue_.empty()) return;
  const auto next = queue_.front();
  queue_.pop_front();
  next->finish(outcome_of(why, next->what.request_id));
}

void pool::became_idle(environment& which, bool first) {
  if (first) --starting_;
  if (is_stopping_) return which.stop();
  if (const auto who = std::exchange(preparing_, std::nullopt)) who->succeeded();
  if (!queue_.empty()) {
    auto next = queue_.front();
    queue_.pop_front();
    return which.run(std::move(next));
  }
  idle_.push_back(&which);
  host_.is_idle(*this, which);
}

void pool::stopped_waiting(environment& which) {
  std::erase(idle_, &which);
  host_.is_not_idle(which);
}

void pool::failed_to_start(environment&, const start_failure& why) {
  if (!is_stopping_) return fail(why);
  --starting_;
}

void pool::ended(environment& which) {
  if (std::erase(idle_, &which) != 0) host_.is_not_idle(which);
  host_.has_ended(which);
  std::erase_if(all_, [&](const auto& each) { return each.get() == &which; });
  if (is_stopping_) return go_if_done();
  start_wanted();  // Somebody may have counted on it.
}

void pool::go_if_done() {
  if (!is_stopping_ || !all_.empty() || finding_ != 0) return;
  code_.reset();
  const auto tell = std::exchange(stopped_, {});
  host_.is_gone(token_);  // It is destroyed.
  for (const auto& each : tell) each();
}

}  // namespace platform::execution
