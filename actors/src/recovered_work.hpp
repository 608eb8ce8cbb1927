#pragma once

#include <fsm/provider.hpp>

#include <caf/actor_control_block.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace fsm::detail {

/// One thing that was owed to the provider when the last owner ended.
struct recovered_job {
  attempt_token token;
  /// The function whose attempt it is; null for a release.
  caf::strong_actor_ptr who;
  std::uint32_t document_version = 0;
  attempt_kind kind = attempt_kind::create;
};

/// What was owed to the provider when the last owner ended: releases that were not confirmed and
/// attempts that were not answered. There may be millions, so it is a plain sorted list from which
/// the provisioner takes as much as it has room for. What belongs to one function is taken together
/// and in order: what has to be released, then the attempt.
class recovered_work {
public:
  void add(recovered_job what) { jobs_.push_back(std::move(what)); }
  /// After the last `add` and before anything is taken.
  void sort() {
    std::sort(jobs_.begin(), jobs_.end(), [](const recovered_job& a, const recovered_job& b) {
      if (a.token.uid != b.token.uid) return a.token.uid < b.token.uid;
      if ((a.who == nullptr) != (b.who == nullptr)) return a.who == nullptr;
      return a.token.number < b.token.number;
    });
    left_ = jobs_.size();
  }

  /// How many releases there are.
  [[nodiscard]] std::size_t releases() const noexcept {
    return static_cast<std::size_t>(std::count_if(
        jobs_.begin(), jobs_.end(), [](const recovered_job& j) { return j.who == nullptr; }));
  }

  /// Jobs not taken yet.
  [[nodiscard]] std::size_t size() const noexcept { return left_; }

  /// The attempt of this function that is left, if there is one.
  [[nodiscard]] const recovered_job* find_attempt(std::uint64_t uid) const noexcept {
    for (auto at = first_of(uid); at != jobs_.end() && at->token.uid == uid; ++at) {
      if (!is_taken(*at) && at->who != nullptr) return &*at;
    }
    return nullptr;
  }

  /// Takes what is owed for the next function that has something left.
  [[nodiscard]] std::vector<recovered_job> take_next() {
    while (next_ < jobs_.size() && is_taken(jobs_[next_])) ++next_;
    return next_ < jobs_.size() ? take(jobs_[next_].token.uid) : std::vector<recovered_job>{};
  }

  /// Takes what is owed for this function, if there is anything.
  [[nodiscard]] std::vector<recovered_job> take(std::uint64_t uid) {
    std::vector<recovered_job> taken;
    if (left_ == 0) return taken;
    auto at = jobs_.begin() + (first_of(uid) - jobs_.cbegin());
    for (; at != jobs_.end() && at->token.uid == uid && !is_taken(*at); ++at) {
      taken.push_back(*at);
      at->who = nullptr;
      at->token.number = taken_number;
      --left_;
    }
    if (left_ == 0) jobs_ = {};
    return taken;
  }

private:
  [[nodiscard]] std::vector<recovered_job>::const_iterator first_of(
      std::uint64_t uid) const noexcept {
    return std::lower_bound(
        jobs_.begin(), jobs_.end(), uid,
        [](const recovered_job& j, std::uint64_t wanted) { return j.token.uid < wanted; });
  }

  // No attempt has this number.
  static constexpr std::uint32_t taken_number = 0;
  [[nodiscard]] static bool is_taken(const recovered_job& j) noexcept {
    return j.token.number == taken_number;
  }

  std::vector<recovered_job> jobs_;
  std::size_t next_ = 0;
  std::size_t left_ = 0;
};

}  // namespace fsm::detail
