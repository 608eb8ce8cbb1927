#pragma once

#include <fsm/runtime.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <initializer_list>
#include <latch>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// \file
/// Users of the facade on threads of their own, who remember what they were told.

namespace facade_crowd {

using namespace std::chrono_literals;
using fsm::errc;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::size_t scale = 4;
#else
inline constexpr std::size_t scale = 1;
#endif

/// Waits for something that must come true soon, on its own.
template <class F>
[[nodiscard]] bool soon(F holds) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

/// What an invocation of a function that others create, update and remove may be refused with.
[[nodiscard]] inline bool may_refuse_invocation(errc code) {
  return code == errc::not_found || code == errc::function_pending ||
         code == errc::function_initializing;
}

/// What a wait may end with that is not fulfilled.
[[nodiscard]] inline bool may_end_wait(errc code) {
  return code == errc::timed_out || code == errc::cancelled || code == errc::unreachable ||
         code == errc::not_found || code == errc::stopped;
}

/// Every function there is, page by page.
[[nodiscard]] inline std::vector<fsm::function_view> walk(fsm::runtime& runtime,
                                                          bool with_details = false) {
  std::vector<fsm::function_view> all;
  fsm::list_request next{.with_details = with_details, .limit = 7};
  do {
    auto page = runtime.list(next);
    if (!page) break;
    for (fsm::function_view& each : page->functions) all.push_back(std::move(each));
    next.cursor = page->cursor;
  } while (next.cursor != 0);
  return all;
}

/// Makes and releases at once, answers from a thread of its own, and knows what it holds.
class punctual_provider final : public fsm::resource_provider {
public:
  punctual_provider() : thread_{[this] { answer(); }} {}
  punctual_provider(const punctual_provider&) = delete;
  punctual_provider& operator=(const punctual_provider&) = delete;
  ~punctual_provider() override {
    {
      const std::lock_guard lock{mutex_};
      ends_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  void provision(const fsm::provision_request& request, fsm::completion done) override {
    {
      const std::lock_guard lock{mutex_};
      held_.insert(request.token);
      unanswered_.push_back(std::move(done));
    }
    changed_.notify_one();
  }
  void release(const fsm::attempt_token& token, fsm::completion done) override {
    {
      const std::lock_guard lock{mutex_};
      held_.erase(token);
      unanswered_.push_back(std::move(done));
    }
    changed_.notify_one();
  }

  [[nodiscard]] bool holds(const fsm::attempt_token& token) const {
    const std::lock_guard lock{mutex_};
    return held_.contains(token);
  }
  [[nodiscard]] std::size_t held() const {
    const std::lock_guard lock{mutex_};
    return held_.size();
  }

private:
  void answer() {
    std::unique_lock lock{mutex_};
    for (;;) {
      changed_.wait(lock, [this] { return ends_ || !unanswered_.empty(); });
      if (unanswered_.empty()) return;
      const fsm::completion next = std::move(unanswered_.front());
      unanswered_.pop_front();
      lock.unlock();
      next.succeeded();
      lock.lock();
    }
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::set<fsm::attempt_token> held_;
  std::deque<fsm::completion> unanswered_;
  bool ends_ = false;
  std::thread thread_;
};

/// Owns some functions that nobody else changes, so that it knows what every call has to give.
class owner {
public:
  owner(unsigned number, const punctual_provider& provider) : random_{number}, provider_{provider} {
    for (std::size_t i = 0; i < functions_.size(); ++i)
      functions_[i].name = "o" + std::to_string(number) + "-" + std::to_string(i);
  }

  /// Goes on until the runtime has stopped; counts `enough` down after so many steps.
  void run(fsm::runtime& runtime, std::size_t steps, std::latch& enough) {
    stopped_ = false;
    for (std::size_t i = 1; !stopped_; ++i) {
      step(runtime);
      if (i == steps) enough.count_down();
    }
    admissions_.clear();
  }

  /// Looks whether everything is as it was told.
  void compare(fsm::runtime& runtime) {
    for (function& f : functions_) {
      const auto got = runtime.get(f.name);
      if (!std::exchange(f.is_unsure, false)) {
        accept("compare", f, got, {f.exists ? errc::none : errc::not_found});
        if (got && got->document != f.document) complain("another document", f);
      }
      f.exists = got.has_value();
      f.document = got ? got->document : "";
    }
  }

  [[nodiscard]] std::size_t functions() const {
    std::size_t count = 0;
    for (const function& f : functions_) count += f.exists ? 1 : 0;
    return count;
  }
  /// The first thing that was not as it had to be; "" if there was none.
  [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }

private:
  struct function {
    std::string name;
    bool exists = false;
    std::string document;
    /// The last change may or may not have happened.
    bool is_unsure = false;
  };

  void step(fsm::runtime& runtime) {
    function& f = functions_[random_() % functions_.size()];
    if (f.is_unsure) return;
    const errc plain = f.exists ? errc::none : errc::not_found;
    switch (random_() % 10) {
      case 0:
      case 1: create(runtime, f); break;
      case 2:
      case 3: update(runtime, f); break;
      case 4: remove(runtime, f); break;
      case 5: get(runtime, f); break;
      case 6:
        if (f.exists) accept("wait", f, runtime.wait(f.name, fsm::ready, 20s), {errc::none});
        break;
      case 7: accept("explain", f, runtime.explain(f.name), {plain}); break;
      case 8: accept("history", f, runtime.history(f.name), {plain}); break;
      default: admit(runtime, f);
    }
  }
  void create(fsm::runtime& runtime, function& f) {
    std::string document = std::to_string(random_());
    const auto got = runtime.create({.name = f.name, .document = document});
    if (change("create", f, got, {f.exists ? errc::already_exists : errc::none})) {
      f.exists = true;
      f.document = std::move(document);
    }
  }
  void update(fsm::runtime& runtime, function& f) {
    std::string document = std::to_string(random_());
    const auto got = runtime.update(fsm::update_request{.name = f.name, .document = document});
    if (!f.exists) {
      change("update", f, got, {errc::not_found});
    } else if (change("update", f, got,
                      {errc::none, errc::state_conflict, errc::update_in_progress})) {
      f.document = std::move(document);
    }
  }
  void remove(fsm::runtime& runtime, function& f) {
    const auto got = runtime.remove(f.name);
    if (change("remove", f, got, {f.exists ? errc::none : errc::not_found})) f.exists = false;
  }
  void get(fsm::runtime& runtime, function& f) {
    const auto got = runtime.get(f.name);
    accept("get", f, got, {f.exists ? errc::none : errc::not_found});
    if (got && got->document != f.document) complain("get gave another document", f);
  }
  void admit(fsm::runtime& runtime, function& f) {
    auto got = runtime.admit(f.name);
    if (f.exists) {
      accept("admit", f, got, {errc::none, errc::function_pending, errc::function_initializing});
    } else {
      accept("admit", f, got, {errc::not_found});
    }
    if (!got) return;
    if (!provider_.holds(got->resource())) complain("admitted to resources that are gone", f);
    if (admissions_.size() == 8) admissions_.clear();
    admissions_.push_back(*std::move(got));
  }

  /// Whether the call succeeded. It has to give one of these, unless the runtime has stopped.
  template <class T>
  bool accept(const char* what, function& f, const fsm::expected<T>& got,
              std::initializer_list<errc> codes) {
    const errc code = got ? errc::none : got.error().code;
    for (const errc good : codes) {
      if (code == good) return got.has_value();
    }
    if (code == errc::stopped) {
      stopped_ = true;
    } else {
      complain(std::string{what} + " gave " + std::string{to_string(code)}, f);
    }
    return false;
  }
  /// The same for a call that changes something: the stop may have come before or after it.
  template <class T>
  bool change(const char* what, function& f, const fsm::expected<T>& got,
              std::initializer_list<errc> codes) {
    if (!got && (got.error().code == errc::stopped || got.error().code == errc::outcome_unknown)) {
      f.is_unsure = got.error().code == errc::outcome_unknown;
      stopped_ = true;
      return false;
    }
    return accept(what, f, got, codes);
  }
  void complain(const std::string& what, const function& f) {
    if (complaint_.empty()) complaint_ = f.name + ": " + what;
  }

  std::array<function, 8> functions_;
  std::mt19937 random_;
  const punctual_provider& provider_;
  std::vector<fsm::admission> admissions_;
  bool stopped_ = false;
  std::string complaint_;
};

/// Reads everything there is to read, about everybody's functions.
class onlooker {
public:
  explicit onlooker(unsigned number) : random_{number} {}

  /// Goes on until the runtime has stopped.
  void run(fsm::runtime& runtime) {
    while (runtime.names("", "", 1) || runtime.names("", "", 1).error().code != errc::stopped)
      step(runtime);
  }
  [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }
  /// Calls whose callback has not been called.
  [[nodiscard]] int unanswered() const noexcept { return *unanswered_; }

private:
  void step(fsm::runtime& runtime) {
    const std::string name =
        "o" + std::to_string(random_() % 3) + "-" + std::to_string(random_() % 8);
    switch (random_() % 10) {
      case 0: read_list(runtime, true); break;
      case 1: read_list(runtime, false); break;
      case 2: read_events(runtime); break;
      case 3: read_counts(runtime); break;
      case 4: admit_many(runtime); break;
      case 5: {
        const auto watching = runtime.watch(std::make_shared<fsm::observer>());
        break;
      }
      case 6: runtime.get(name, later()); break;
      case 7: runtime.look(name, later()); break;
      case 8: runtime.wait(name, fsm::active, 2ms, later()).detach(); break;
      default: {
        const auto got = runtime.explain(name);
        if (got && (got->now.name != name || fsm::sentences(*got).empty()))
          complain("an explanation of something else than " + name);
      }
    }
  }
  void read_list(fsm::runtime& runtime, bool with_details) {
    std::set<std::string> names;
    for (const fsm::function_view& each : walk(runtime, with_details)) {
      if (each.state == fsm::state::none) complain("listed, but not there: " + each.name);
      names.insert(each.name);
    }
    if (names.size() > 24) complain("more functions than names");
  }
  void read_events(fsm::runtime& runtime) {
    const auto page = runtime.events(last_event_, 100);
    if (!page) return;
    for (const fsm::transition& each : page->events) {
      if (each.sequence != last_event_ + 1 && last_event_ + 1 >= page->oldest)
        complain("a gap after event " + std::to_string(last_event_));
      last_event_ = each.sequence;
    }
  }
  void read_counts(fsm::runtime& runtime) {
    const fsm::statistics now = runtime.statistics();
    if (now.last_sequence < last_sequence_) complain("the last sequence went back");
    last_sequence_ = now.last_sequence;
    std::uint64_t sum = 0;
    for (const std::uint64_t each : runtime.count()) sum += each;
    // A name may be taken again before its function that is gone is no longer counted.
    if (sum > 48) complain("more functions counted than there can be");
  }
  void admit_many(fsm::runtime& runtime) {
    std::vector<std::string> names;
    for (int i = 0; i < 8; ++i) names.push_back("o1-" + std::to_string(i));
    const std::vector<std::string_view> asked{names.begin(), names.end()};
    std::vector<fsm::expected<fsm::admission>> answers(names.size());
    runtime.admit_batch(asked, answers);
    for (const auto& each : answers) {
      if (!each && each.error().code != errc::stopped && !may_refuse_invocation(each.error().code))
        complain("admit_batch gave " + std::string{to_string(each.error().code)});
    }
  }
  /// A callback that has to be called once.
  [[nodiscard]] fsm::runtime::view_callback later() {
    ++*unanswered_;
    return [count = unanswered_](const auto&) { --*count; };
  }
  void complain(std::string what) {
    if (complaint_.empty()) complaint_ = std::move(what);
  }

  std::mt19937 random_;
  std::uint64_t last_event_ = 0;
  std::uint64_t last_sequence_ = 0;
  std::shared_ptr<std::atomic<int>> unanswered_ = std::make_shared<std::atomic<int>>(0);
  std::string complaint_;
};

}  // namespace facade_crowd
