#pragma once

#include <fsm/clock.hpp>
#include <fsm/provider.hpp>

#include <atomic>
#include <cstddef>
#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace fsm::testing {

/// How a scripted provider answers one call.
struct reply {
  enum class kind : std::uint8_t { success, failure, transient, twice, throws, later, delayed };
  kind how = kind::success;
  reason_code reason = reason_code::none;
  std::string text{};
  duration delay{};
};

namespace replies {
inline const reply at_once{};
/// Not before `scripted_provider::answer`; perhaps never.
inline const reply later{.how = reply::kind::later};
inline const reply twice{.how = reply::kind::twice};
inline const reply throws{.how = reply::kind::throws};
inline const reply transient{.how = reply::kind::transient, .text = "try again"};
[[nodiscard]] inline reply fails(reason_code why, std::string text = {}) {
  return {.how = reply::kind::failure, .reason = why, .text = std::move(text)};
}
/// Succeeds when so much time has passed on the clock.
[[nodiscard]] inline reply after(duration delay) {
  return {.how = reply::kind::delayed, .delay = delay};
}
}  // namespace replies

/// A provider that does what a test says, and remembers every call and everything it holds.
class scripted_provider final : public resource_provider,
                                public std::enable_shared_from_this<scripted_provider> {
public:
  struct call {
    attempt_token token;
    bool is_release = false;
    provision_request request{};  // Of provisions.
    std::string name{};           // Of both.
    timestamp at{};
    bool answered = false;
  };

  explicit scripted_provider(std::shared_ptr<fsm::clock> time) : clock_{std::move(time)} {}

  // -- the script: what comes next, then what comes always --------------------------------------
  void provisions(reply always) { set(provision_script_, {}, std::move(always)); }
  void next_provisions(std::initializer_list<reply> first) { set(provision_script_, first, {}); }
  void releases(reply always) { set(release_script_, {}, std::move(always)); }
  void next_releases(std::initializer_list<reply> first) { set(release_script_, first, {}); }
  void wants_documents(bool yes) { wants_documents_.store(yes); }
  [[nodiscard]] bool wants_documents() const noexcept override { return wants_documents_.load(); }
  /// From now on everything succeeds at once.
  void relent() {
    const std::lock_guard lock{mutex_};
    provision_script_ = {};
    release_script_ = {};
  }

  /// Answers call number `index`, which was left unanswered or comes again. From this thread, or
  /// from another one (which has ended when this returns).
  void answer(std::size_t index, const reply& how = replies::at_once, bool elsewhere = false) {
    if (elsewhere) {
      std::thread{[&] { answer(index, how); }}.join();
      return;
    }
    std::optional<completion> done;
    {
      const std::lock_guard lock{mutex_};
      call& c = calls_.at(index);
      c.answered = true;
      done = completions_.at(index);
      if (how.how == reply::kind::success || how.how == reply::kind::twice) take_effect(c);
    }
    switch (how.how) {
      case reply::kind::failure: done->failed(how.reason, how.text); break;
      case reply::kind::transient: done->transient(how.text); break;
      case reply::kind::twice:
        done->succeeded();
        done->failed(reason_code::internal_error, "a second answer");
        break;
      default: done->succeeded(); break;
    }
  }

  // -- what happened ------------------------------------------------------------------------------
  [[nodiscard]] std::vector<call> calls() const {
    const std::lock_guard lock{mutex_};
    return calls_;
  }
  /// The numbers of the calls about `name`, in order.
  [[nodiscard]] std::vector<std::size_t> provisions_of(const std::string& name) const {
    return numbers_of(name, false);
  }
  [[nodiscard]] std::vector<std::size_t> releases_of(const std::string& name) const {
    return numbers_of(name, true);
  }
  /// The attempts of `name` that were released, in order, one entry for each call.
  [[nodiscard]] std::vector<std::uint32_t> released(const std::string& name) const {
    std::vector<std::uint32_t> attempts;
    const std::lock_guard lock{mutex_};
    for (const call& c : calls_) {
      if (c.is_release && c.name == name) attempts.push_back(c.token.number);
    }
    return attempts;
  }
  [[nodiscard]] call at(std::size_t index) const {
    const std::lock_guard lock{mutex_};
    return calls_.at(index);
  }
  [[nodiscard]] std::size_t call_count() const {
    const std::lock_guard lock{mutex_};
    return calls_.size();
  }
  /// Names of the functions whose provisioning was asked for, in order, retries too.
  [[nodiscard]] std::vector<std::string> order() const {
    std::vector<std::string> names;
    const std::lock_guard lock{mutex_};
    for (const call& c : calls_) {
      if (!c.is_release) names.push_back(c.name);
    }
    return names;
  }
  [[nodiscard]] std::set<attempt_token> held() const {
    const std::lock_guard lock{mutex_};
    return held_;
  }
  /// Calls that began while another call about the same function was not answered.
  [[nodiscard]] std::size_t overlaps() const {
    const std::lock_guard lock{mutex_};
    return overlaps_;
  }
  /// Called inside the next provision, before it is answered.
  std::function<void()> inside;

  // -- resource_provider --------------------------------------------------------------------------
  void provision(const provision_request& request, completion done) override {
    if (inside) inside();
    call c{.token = request.token, .request = request, .name = request.name};
    respond(std::move(c), std::move(done), provision_script_);
  }
  void release(const attempt_token& token, completion done) override {
    respond({.token = token, .is_release = true}, std::move(done), release_script_);
  }

private:
  struct script {
    std::deque<reply> next;
    reply always;
  };

  void set(script& which, std::initializer_list<reply> next, std::optional<reply> always) {
    const std::lock_guard lock{mutex_};
    which.next.assign(next.begin(), next.end());
    if (always) which.always = *std::move(always);
  }

  void respond(call c, completion done, script& from) {
    reply how;
    std::size_t index = 0;
    {
      const std::lock_guard lock{mutex_};
      how = from.always;
      if (!from.next.empty()) {
        how = from.next.front();
        from.next.pop_front();
      }
      if (c.is_release) {
        c.name = names_[c.token.uid];
      } else {
        names_[c.token.uid] = c.name;
      }
      c.at = clock_->now();
      for (const call& other : calls_) {
        if (!other.answered && other.token.uid == c.token.uid) {
          ++overlaps_;
          break;
        }
      }
      index = calls_.size();
      c.answered = how.how == reply::kind::throws;
      calls_.push_back(std::move(c));
      completions_.push_back(std::move(done));
    }
    switch (how.how) {
      case reply::kind::later: break;
      case reply::kind::throws: throw std::runtime_error{"no network"};
      case reply::kind::delayed:
        clock_->call_at(clock_->now() + how.delay, [where = weak_from_this(), index] {
          if (const auto self = where.lock()) self->answer(index);
        });
        break;
      default: answer(index, how); break;
    }
  }

  void take_effect(const call& c) {
    if (c.is_release) {
      held_.erase(c.token);
    } else {
      held_.insert(c.token);
    }
  }

  [[nodiscard]] std::vector<std::size_t> numbers_of(const std::string& name, bool releases) const {
    std::vector<std::size_t> numbers;
    const std::lock_guard lock{mutex_};
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      if (calls_[i].is_release == releases && calls_[i].name == name) numbers.push_back(i);
    }
    return numbers;
  }

  std::shared_ptr<fsm::clock> clock_;
  std::atomic<bool> wants_documents_{true};
  mutable std::mutex mutex_;
  script provision_script_;
  script release_script_;
  std::vector<call> calls_;
  std::vector<completion> completions_;
  std::map<std::uint64_t, std::string> names_;
  std::set<attempt_token> held_;
  std::size_t overlaps_ = 0;
};

}  // namespace fsm::testing
