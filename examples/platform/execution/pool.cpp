#include "execution/pool.hpp"

#include <algorithm>
#include <utility>

namespace platform::execution {

namespace {

invoke::outcome not_run(std::string why) {
  invoke::outcome result;
  result.broken = std::move(why);
  return result;
}

}  // namespace

pool::pool(host& by, const fsm::attempt_token& token, settings of)
    : host_{by}, token_{token}, settings_{std::move(of)} {}

void pool::prepare(fsm::completion done) {
  const bool ready =
      std::any_of(all_.begin(), all_.end(), [](const auto& each) { return each->is_ready(); });
  if (ready) return done.succeeded();
  preparing_ = std::move(done);
  start_wanted();
}

void pool::run(job_ptr what) {
  if (is_stopping_) return what->finish(not_run("its version has been stopped"));
  if (idle_.empty()) {
    queue_.push_back(std::move(what));
    return start_wanted();
  }
  auto& next = *idle_.back();
  idle_.pop_back();
  host_.is_not_idle(next);
  next.run(std::move(what));
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

// As many as have somebody waiting for them. What fails at once takes somebody out of the line.
void pool::start_wanted() {
  while (starting_ < std::max<std::size_t>(queue_.size(), preparing_ ? 1 : 0)) {
    ++starting_;
    if (code_) {
      start_with(code_);
    } else {
      find_code();
    }
  }
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
  if (const auto who = std::exchange(preparing_, std::nullopt)) {
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

void pool::failed_to_start(environment&, const start_failure& why) {
  if (!is_stopping_) return fail(why);
  --starting_;
}

void pool::ended(environment& which) {
  if (std::erase(idle_, &which) != 0) host_.is_not_idle(which);
  host_.has_ended(which);
  std::erase_if(all_, [&](const auto& each) { return each.get() == &which; });
  go_if_done();
}

void pool::go_if_done() {
  if (!is_stopping_ || !all_.empty() || finding_ != 0) return;
  code_.reset();
  const auto tell = std::exchange(stopped_, {});
  host_.is_gone(token_);  // It is destroyed.
  for (const auto& each : tell) each();
}

}  // namespace platform::execution
