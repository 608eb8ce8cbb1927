#pragma once

#include "actors/caf_support.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

/// \file
/// Hostile users, and those who keep books about what they cause.

namespace caf_support {

/// Keeps books of what it has made and released. Some answers are late, some twice, some an
/// exception.
class bookkeeping_provider final : public fsm::resource_provider {
public:
  explicit bookkeeping_provider(bool erratic) : erratic_{erratic} {}

  void provision(const fsm::provision_request& request, fsm::completion done) override {
    const std::uint64_t n = ++calls_;
    if (erratic_ && n % 13 == 0) throw std::runtime_error{"no network today"};
    if (erratic_ && n % 11 == 0) return done.transient("try again");
    {
      const std::lock_guard lock{mutex_};
      held_.insert(request.token);
    }
    if (erratic_ && n % 7 == 0) {
      const std::lock_guard lock{mutex_};
      late_.push_back(done);
      return;
    }
    done.succeeded();
    if (erratic_ && n % 5 == 0) done.failed(fsm::reason_code::internal_error, "never mind");
  }
  void release(const fsm::attempt_token& token, fsm::completion done) override {
    {
      const std::lock_guard lock{mutex_};
      held_.erase(token);
    }
    if (erratic_ && ++calls_ % 17 == 0) throw std::runtime_error{"not now"};
    done.succeeded();
  }
  /// Gives the answers that are late.
  void catch_up() {
    std::vector<fsm::completion> late;
    {
      const std::lock_guard lock{mutex_};
      late.swap(late_);
    }
    for (const fsm::completion& done : late) done.succeeded();
  }
  [[nodiscard]] std::size_t held() const {
    const std::lock_guard lock{mutex_};
    return held_.size();
  }

private:
  bool erratic_;
  std::atomic<std::uint64_t> calls_{0};
  mutable std::mutex mutex_;
  std::set<fsm::attempt_token> held_;
  std::vector<fsm::completion> late_;
};

/// Checks what every observer may rely on.
class checking_observer final : public fsm::observer {
public:
  void on_transition(const fsm::transition& t) override {
    if (inside_.exchange(true)) ++overlapping;
    if (last_sequence_ != 0 && t.sequence != last_sequence_ + 1) ++gaps;
    last_sequence_ = t.sequence;
    if (fsm::index_of(t.from) == fsm::illegal_pair || fsm::index_of(t.to) == fsm::illegal_pair)
      ++illegal;
    const auto known = at_.find(t.uid);
    const fsm::pair before = known == at_.end() ? fsm::pairs::absent : known->second;
    if (before != t.from) ++out_of_order;
    if (t.to == fsm::pairs::absent) {
      at_.erase(t.uid);
      // The name is free once this is known.
      if (owner_[t.name] == t.uid) owner_.erase(t.name);
    } else {
      at_[t.uid] = t.to;
      if (t.from == fsm::pairs::absent && !owner_.emplace(t.name, t.uid).second) ++doubled;
    }
    ++transitions;
    inside_ = false;
  }
  void on_stopped() override { stopped = true; }

  /// What the runtime should count. Only when nothing happens any more.
  [[nodiscard]] fsm::population counts() const {
    fsm::population counts{};
    for (const auto& [uid, pair] : at_) ++counts[fsm::index_of(pair)];
    return counts;
  }

  std::atomic<std::size_t> transitions{0};
  std::atomic<std::size_t> overlapping{0};
  std::atomic<std::size_t> gaps{0};
  std::atomic<std::size_t> illegal{0};
  std::atomic<std::size_t> out_of_order{0};
  std::atomic<std::size_t> doubled{0};
  std::atomic<bool> stopped{false};

private:
  std::atomic<bool> inside_{false};
  std::uint64_t last_sequence_ = 0;
  std::map<std::uint64_t, fsm::pair> at_;
  std::map<std::string, std::uint64_t> owner_;
};

inline void check(const checking_observer& seen) {
  CHECK(seen.overlapping.load() == 0);
  CHECK(seen.gaps.load() == 0);
  CHECK(seen.illegal.load() == 0);
  CHECK(seen.out_of_order.load() == 0);
  CHECK(seen.doubled.load() == 0);
}

/// Errors that a call may rightly give while others do the same.
inline bool is_expected(fsm::errc code) {
  using fsm::errc;
  switch (code) {
    case errc::invalid_argument:
    case errc::would_deadlock:
    case errc::outcome_unknown:
    case errc::internal:
    case errc::cancelled: return false;
    default: return true;
  }
}

/// Does everything a user can do, to functions of `names` names, until told to stop.
class hostile_user {
public:
  hostile_user(fsm::runtime& runtime, std::size_t names, unsigned seed)
      : runtime_{runtime}, names_{names}, random_{seed} {}

  void run(const std::atomic<bool>& stop) {
    while (!stop.load(std::memory_order_relaxed)) step();
    admissions_.clear();
  }
  std::atomic<std::size_t> surprises{0};
  std::atomic<std::size_t> calls{0};
  std::atomic<std::size_t> unanswered{0};
  std::mutex mutex;
  std::string first_surprise;

private:
  void step() {
    const std::string name = "n" + std::to_string(random_() % names_);
    ++calls;
    switch (random_() % 12) {
      case 0:
      case 1: note(runtime_.create({.name = name, .document = "d"})); break;
      case 2: note(runtime_.update(fsm::update_request{.name = name, .document = "e"})); break;
      case 3: note(runtime_.remove(name)); break;
      case 4: note(runtime_.get(name)); break;
      case 5: note(runtime_.wait(name, fsm::settled, 5ms)); break;
      case 6: later([&](auto done) { runtime_.create({.name = name}, std::move(done)); }); break;
      case 7: later([&](auto done) { runtime_.remove(name, 0, std::move(done)); }); break;
      case 8:
        later([&](auto done) { runtime_.wait(name, fsm::active, 5ms, std::move(done)).detach(); });
        break;
      case 9: message(name); break;
      default:
        if (auto given = runtime_.admit(name)) {
          admissions_.push_back(*std::move(given));
          if (admissions_.size() > 20) admissions_.clear();
        } else {
          note(fsm::expected<void>{fsm::unexpected(given.error())});
        }
    }
  }
  void message(const std::string& name) {
    const auto fn = fsm::handle(runtime_, name);
    if (!fn) return;
    switch (random_() % 4) {
      case 0: caf::anon_send(*fn, fsm::ping_atom::value, std::uint64_t{1}); break;
      case 1: caf::anon_send(*fn, fsm::update_atom::value, std::string{"f"}); break;
      case 2: caf::anon_send_exit(*fn, caf::exit_reason::kill); break;
      default: caf::anon_send(*fn, fsm::remove_atom::value);
    }
  }
  template <class T>
  void note(const fsm::expected<T>& got) {
    if (got || is_expected(got.error().code)) return;
    ++surprises;
    const std::lock_guard lock{mutex};
    if (first_surprise.empty())
      first_surprise = std::string{to_string(got.error().code)} + ": " + got.error().message;
  }
  template <class F>
  void later(F start) {
    ++unanswered;
    start([this](const auto& got) {
      note(got);
      --unanswered;
    });
  }

  fsm::runtime& runtime_;
  std::size_t names_;
  std::mt19937 random_;
  std::vector<fsm::admission> admissions_;
};

/// Hostile users on threads of their own.
class crowd {
public:
  crowd(fsm::runtime& runtime, std::size_t users, std::size_t names) {
    for (std::size_t i = 0; i < users; ++i) {
      users_.push_back(
          std::make_unique<hostile_user>(runtime, names, static_cast<unsigned>(i + 1)));
    }
    for (auto& user : users_) threads_.emplace_back([this, u = user.get()] { u->run(stop_); });
  }
  ~crowd() { leave(); }
  void leave() {
    stop_ = true;
    for (std::thread& t : threads_) t.join();
    threads_.clear();
  }
  void check() {
    for (auto& user : users_) {
      INFO("first surprise: " << user->first_surprise);
      CHECK(user->surprises.load() == 0);
      CHECK(soon([&] { return user->unanswered.load() == 0; }));
    }
  }

private:
  std::atomic<bool> stop_{false};
  std::vector<std::unique_ptr<hostile_user>> users_;
  std::vector<std::thread> threads_;
};

}  // namespace caf_support
