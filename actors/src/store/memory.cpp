#include <fsm/store.hpp>

#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <shared_mutex>

namespace fsm {

namespace {

class memory_store final : public store {
public:
  explicit memory_store(std::size_t history_max)
      : history_max_{std::max<std::size_t>(history_max, 1)} {}

  [[nodiscard]] expected<opened> open() override {
    const std::unique_lock lock{mutex_};
    return opened{.epoch = ++epoch_, .last_sequence = last_sequence_, .last_uid = last_uid_};
  }

  void commit(std::span<change* const> batch, committed done) override { done(apply(batch)); }

  void read_document(std::uint64_t uid, std::uint32_t version,
                     std::function<void(expected<std::string>)> done) override {
    done(document_of(uid, version));
  }

  void read_reasons(std::uint64_t uid, std::function<void(expected<reason_texts>)> done) override {
    reason_texts texts;
    {
      const std::shared_lock lock{mutex_};
      if (const auto found = functions_.find(uid); found != functions_.end())
        texts = found->second.reasons;
    }
    done(std::move(texts));
  }

  void read_history(std::uint64_t uid,
                    std::function<void(expected<std::vector<transition>>)> done) override {
    std::vector<transition> history;
    {
      const std::shared_lock lock{mutex_};
      if (const auto found = functions_.find(uid); found != functions_.end()) {
        history.assign(found->second.history.begin(), found->second.history.end());
      }
    }
    done(std::move(history));
  }

  void read_names(std::string_view prefix, std::string_view after, std::size_t limit,
                  std::function<void(expected<std::vector<std::string>>)> done) override {
    std::vector<std::string> names;
    {
      const std::shared_lock lock{mutex_};
      auto at = after < prefix ? names_.lower_bound(prefix) : names_.upper_bound(after);
      for (;
           at != names_.end() && names.size() < limit && std::string_view{*at}.starts_with(prefix);
           ++at) {
        names.push_back(*at);
      }
    }
    done(std::move(names));
  }

private:
  struct kept {
    // Two at most at any time: the version in use and the one an update brings up.
    std::vector<std::pair<std::uint32_t, std::string>> documents;
    std::deque<transition> history;
    reason_texts reasons;
    std::uint64_t last_sequence = 0;
  };

  expected<void> apply(std::span<change* const> batch) {
    const std::unique_lock lock{mutex_};
    for (const change* c : batch) {
      if (c->epoch != epoch_) {
        return unexpected(
            {errc::internal, fmt::format("epoch {} is fenced off: the store was opened again as {}",
                                         c->epoch, epoch_)});
      }
    }
    for (change* c : batch) apply(*c);
    return {};
  }

  void apply(change& c) {
    transition& t = c.transition;
    last_sequence_ = t.sequence;
    last_uid_ = std::max(last_uid_, t.uid);
    if (c.record.pair == pairs::absent) {
      if (const auto found = functions_.find(t.uid); found != functions_.end()) {
        t.previous = found->second.last_sequence;
        functions_.erase(found);
      }
      names_.erase(t.name);
      return;
    }
    kept& k = functions_[t.uid];
    t.previous = k.last_sequence;
    k.last_sequence = t.sequence;
    if (t.from == pairs::absent) names_.insert(t.name);
    if (c.drop_version != 0) {
      std::erase_if(k.documents, [&c](const auto& d) { return d.first == c.drop_version; });
    }
    if (c.document) k.documents.emplace_back(c.document_version, *std::move(c.document));
    keep_reasons(k, c);
    k.history.push_back(t);
    if (k.history.size() > history_max_) k.history.pop_front();
  }

  /// A text belongs to the code it came with: it goes when the code does, or a new one comes.
  static void keep_reasons(kept& k, const change& c) {
    const transition& t = c.transition;
    const bool about_update = t.event == event::update_failed;
    const transition* before = k.history.empty() ? nullptr : &k.history.back();
    if (before == nullptr || before->state_reason_code != t.state_reason_code)
      k.reasons.state.clear();
    if (before == nullptr || before->update_reason_code != t.update_reason_code)
      k.reasons.update.clear();
    if (!t.reason.empty()) (about_update ? k.reasons.update : k.reasons.state) = t.reason;
  }

  expected<std::string> document_of(std::uint64_t uid, std::uint32_t version) const {
    const std::shared_lock lock{mutex_};
    if (const auto found = functions_.find(uid); found != functions_.end()) {
      for (const auto& [number, document] : found->second.documents) {
        if (number == version) return document;
      }
    }
    return unexpected(
        {errc::not_found, fmt::format("there is no document of version {}", version)});
  }

  std::size_t history_max_;
  mutable std::shared_mutex mutex_;
  std::uint64_t epoch_ = 0;
  std::uint64_t last_sequence_ = 0;
  std::uint64_t last_uid_ = 0;
  absl::flat_hash_map<std::uint64_t, kept> functions_;
  absl::btree_set<std::string, std::less<>> names_;
};

}  // namespace

std::shared_ptr<store> make_memory_store(std::size_t history_max) {
  return std::make_shared<memory_store>(history_max);
}

}  // namespace fsm
