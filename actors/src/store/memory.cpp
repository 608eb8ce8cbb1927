#include "mutant.hpp"
#include <fsm/store.hpp>

#include <absl/container/btree_map.h>
#include <absl/container/btree_set.h>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <shared_mutex>

namespace fsm {

namespace {

class memory_store final : public store {
public:
  memory_store(std::size_t history_max, std::size_t events_max)
      : ring_{static_cast<std::uint8_t>(
            std::clamp<std::size_t>(history_max, 1, history_ring::size_max))},
        events_max_{std::max<std::size_t>(events_max, 1)} {}

  [[nodiscard]] expected<opened> open() override {
    const std::unique_lock lock{mutex_};
    return opened{.epoch = ++epoch_,
                  .last_sequence = last_sequence_,
                  .last_uid = last_uid_,
                  .functions = functions_.size(),
                  .alive_at = alive_at_};
  }

  [[nodiscard]] expected<void> recover(recovery& into) override {
    const std::shared_lock lock{mutex_};
    for (const auto& [uid, number] : owed_releases_) into.on_owed_release(uid, number);
    for (const auto& [uid, k] : functions_) {
      stored_function copy = k.function;
      into.on_function(copy);
    }
    return {};
  }

  void commit(const commit_batch& batch, committed done) override { done(apply(batch)); }

  void read_document(std::uint64_t uid, std::uint32_t version,
                     std::function<void(expected<std::string>)> done) override {
    done(document_of(uid, version));
  }

  void read_metadata(std::uint64_t uid, std::function<void(expected<std::string>)> done) override {
    std::string metadata;
    {
      const std::shared_lock lock{mutex_};
      if (const auto found = metadata_.find(uid); found != metadata_.end())
        metadata = found->second;
    }
    done(std::move(metadata));
  }

  void read_all_metadata(
      std::uint64_t after, std::size_t limit,
      std::function<void(expected<std::vector<stored_metadata>>)> done) override {
    std::vector<stored_metadata> found;
    {
      const std::shared_lock lock{mutex_};
      for (auto at = metadata_.upper_bound(after); at != metadata_.end() && found.size() < limit;
           ++at)
        found.push_back({at->first, at->second});
    }
    done(std::move(found));
  }

  [[nodiscard]] bool reads_at_once() const noexcept override { return true; }

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

  void read_events(std::uint64_t after, std::size_t limit,
                   std::function<void(expected<event_page>)> done) override {
    event_page page;
    {
      const std::shared_lock lock{mutex_};
      page.oldest = last_sequence_ - events_.size() + 1;
      const std::uint64_t skipped = after < page.oldest ? 0 : after - page.oldest + 1;
      for (std::size_t at = skipped; at < events_.size() && page.events.size() < limit; ++at)
        page.events.push_back(events_[at]);
    }
    done(std::move(page));
  }

  [[nodiscard]] history_ring history() const noexcept override { return ring_; }

private:
  struct kept {
    stored_function function;
    // Two at most at any time: the version in use and the one an update brings up.
    std::vector<std::pair<std::uint32_t, std::string>> documents;
    std::deque<transition> history;
    reason_texts reasons;
  };

  expected<void> apply(const commit_batch& batch) {
    const std::unique_lock lock{mutex_};
    if (batch.epoch != epoch_ && !detail::mutated(detail::mutant::epoch_unchecked)) {
      return unexpected(
          {errc::internal, fmt::format("epoch {} is fenced off: the store was opened again as {}",
                                       batch.epoch, epoch_)});
    }
    for (change* c : batch.changes) apply(*c);
    for (const note& n : batch.notes) apply(n);
    alive_at_ = std::max(alive_at_, batch.at);
    return {};
  }

  void apply(change& c) {
    const transition& t = c.transition;
    last_sequence_ = t.sequence;
    last_uid_ = std::max(last_uid_, t.uid);
    events_.push_back(t);
    if (events_.size() > events_max_) events_.pop_front();
    for (const std::uint32_t number : c.owed_releases) {
      if (number != 0) owed_releases_.emplace(t.uid, number);
    }
    if (c.record.pair == pairs::absent) {
      functions_.erase(t.uid);
      metadata_.erase(t.uid);
      names_.erase(t.name);
      return;
    }
    kept& k = functions_[t.uid];
    if (t.from == pairs::absent) {
      names_.insert(t.name);
      k.function.uid = t.uid;
      k.function.name = t.name;
      k.function.tenant = c.tenant;
      k.function.idle_after = c.idle_after.value_or(duration{});
    }
    k.function.lifecycle = c.record;
    k.function.last_used = c.last_used;
    k.function.last_sequence = t.sequence;
    k.function.history_place = ring_.next(c.history_place);
    k.function.owner_epoch = c.epoch;
    for (const std::uint32_t version : c.drop_versions)
      std::erase_if(k.documents, [version](const auto& d) { return d.first == version; });
    if (c.document) k.documents.emplace_back(c.document_version, *std::move(c.document));
    if (c.metadata) metadata_[t.uid] = *std::move(c.metadata);
    keep_reasons(k.reasons, c);
    k.history.push_back(t);
    if (k.history.size() > ring_.size) k.history.pop_front();
  }

  void apply(const note& n) {
    switch (n.kind) {
      case note_kind::release_owed: owed_releases_.emplace(n.uid, n.number); break;
      case note_kind::release_confirmed: owed_releases_.erase({n.uid, n.number}); break;
      case note_kind::owner_alive: break;
      case note_kind::used:
        if (const auto found = functions_.find(n.uid); found != functions_.end())
          found->second.function.last_used = std::max(found->second.function.last_used, n.at);
        break;
    }
  }

  /// A text belongs to the code it came with: it goes when the code does, or a new one comes.
  static void keep_reasons(reason_texts& texts, const change& c) {
    if (c.before.state_reason != c.record.state_reason) texts.state.clear();
    if (c.before.update_reason != c.record.update_reason) texts.update.clear();
    const transition& t = c.transition;
    if (!t.reason.empty())
      (t.event == event::update_failed ? texts.update : texts.state) = t.reason;
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

  const history_ring ring_;
  const std::size_t events_max_;
  mutable std::shared_mutex mutex_;
  std::uint64_t epoch_ = 0;
  std::uint64_t last_sequence_ = 0;
  std::uint64_t last_uid_ = 0;
  timestamp alive_at_{};
  absl::btree_map<std::uint64_t, kept> functions_;
  absl::btree_map<std::uint64_t, std::string> metadata_;  // Few functions have any.
  absl::btree_set<std::string, std::less<>> names_;
  absl::btree_set<std::pair<std::uint64_t, std::uint32_t>> owed_releases_;
  std::deque<transition> events_;
};

}  // namespace

void store::checkpoint(std::function<void(expected<std::string>)> done) {
  done(unexpected({errc::invalid_argument, "this store keeps nothing on disk to make a copy of"}));
}

std::shared_ptr<store> make_memory_store(std::size_t history_max, std::size_t events_max) {
  return std::make_shared<memory_store>(history_max, events_max);
}

}  // namespace fsm
