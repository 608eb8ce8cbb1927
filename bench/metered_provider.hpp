#pragma once

#include <fsm/provider.hpp>

#include <atomic>
#include <cstdint>

namespace bench {

/// A provider that answers at once and counts: what it was asked for, and how much of that was
/// unanswered at the same time. A subclass may keep answers back.
class metered_provider : public fsm::resource_provider {
public:
  void provision(const fsm::provision_request& request, fsm::completion done) final {
    note_most(in_flight_.fetch_add(1) + 1);
    if (!keep(request, done)) answer(done);
  }
  void release(const fsm::attempt_token& /*token*/, fsm::completion done) final {
    done.succeeded();
    released_.fetch_add(1);
  }

  [[nodiscard]] bool wants_documents() const noexcept final { return false; }

  /// Answers an attempt. Any thread.
  void answer(const fsm::completion& done) {
    in_flight_.fetch_sub(1);  // Before the runtime knows of it, and begins another one.
    done.succeeded();
  }

  /// Attempts that were unanswered at the same time, at most, since `forget_most`.
  [[nodiscard]] std::uint64_t in_flight_most() const noexcept { return most_.load(); }
  void forget_most() noexcept { most_.store(in_flight_.load()); }
  /// Attempts that are unanswered now.
  [[nodiscard]] std::uint64_t in_flight() const noexcept { return in_flight_.load(); }
  /// Releases it was asked for.
  [[nodiscard]] std::uint64_t released() const noexcept { return released_.load(); }

protected:
  /// True = the answer will be given later. On the thread that called `provision`.
  virtual bool keep(const fsm::provision_request& /*request*/, const fsm::completion& /*done*/) {
    return false;
  }

private:
  void note_most(std::uint64_t now) noexcept {
    auto most = most_.load();
    while (now > most && !most_.compare_exchange_weak(most, now)) {
    }
  }

  std::atomic<std::uint64_t> in_flight_{0};
  std::atomic<std::uint64_t> most_{0};
  std::atomic<std::uint64_t> released_{0};
};

}  // namespace bench
