#include <fsm/simulated.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace fsm {

struct simulated_store::shared {
  std::shared_ptr<simulated_clock> clock;
  std::shared_ptr<fault_plan> faults;
  chance luck;
  std::shared_ptr<store> inside;
  simulated_store* owner;
  std::vector<std::weak_ptr<connection>> connections;
};

/// What one runtime sees of the store.
class simulated_store::connection final : public store,
                                          public std::enable_shared_from_this<connection> {
public:
  explicit connection(std::shared_ptr<shared> s) : s_{std::move(s)} {}

  [[nodiscard]] expected<opened> open() override {
    expected<opened> got = s_->inside->open();
    if (got && s_->owner != nullptr && s_->owner->on_opened) s_->owner->on_opened(*got);
    return got;
  }
  [[nodiscard]] expected<void> recover(recovery& into) override {
    return s_->inside->recover(into);
  }
  void prepare(change& what) override { s_->inside->prepare(what); }

  void commit(const commit_batch& batch, committed done) override;
  void read_document(std::uint64_t uid, std::uint32_t version,
                     std::function<void(expected<std::string>)> done) override;
  void read_metadata(std::uint64_t uid, std::function<void(expected<std::string>)> done) override {
    if (!is_cut_) s_->inside->read_metadata(uid, std::move(done));
  }
  void read_all_metadata(
      std::uint64_t after, std::size_t limit,
      std::function<void(expected<std::vector<stored_metadata>>)> done) override {
    if (!is_cut_) s_->inside->read_all_metadata(after, limit, std::move(done));
  }
  void read_reasons(std::uint64_t uid, std::function<void(expected<reason_texts>)> done) override {
    if (!is_cut_) s_->inside->read_reasons(uid, std::move(done));
  }
  void read_history(std::uint64_t uid,
                    std::function<void(expected<std::vector<transition>>)> done) override {
    if (!is_cut_) s_->inside->read_history(uid, std::move(done));
  }
  void read_names(std::string_view prefix, std::string_view after, std::size_t limit,
                  std::function<void(expected<std::vector<std::string>>)> done) override {
    if (!is_cut_) s_->inside->read_names(prefix, after, limit, std::move(done));
  }
  void read_events(std::uint64_t after, std::size_t limit,
                   std::function<void(expected<event_page>)> done) override {
    if (!is_cut_) s_->inside->read_events(after, limit, std::move(done));
  }
  [[nodiscard]] history_ring history() const noexcept override { return s_->inside->history(); }
  [[nodiscard]] bool keeps_documents() const noexcept override {
    return s_->inside->keeps_documents();
  }

  void cut();
  void let_through() {
    if (is_held_) finish();
  }

private:
  struct pending {
    pending(const commit_batch& b, committed d) : batch{b}, done{std::move(d)} {}
    commit_batch batch;
    committed done;
    /// It has been written, or has failed to be; `why` then says what the runtime is told.
    bool is_decided = false;
    error why;
  };

  void decide(error why) {
    pending_->is_decided = true;
    pending_->why = std::move(why);
  }
  void write();
  void finish();
  void finish_later(duration delay);

  std::shared_ptr<shared> s_;
  bool is_cut_ = false;
  bool is_held_ = false;
  std::uint64_t commits_ = 0;
  std::uint64_t reads_ = 0;
  std::map<std::uint64_t, std::function<void()>> slow_reads_;
  std::optional<pending> pending_;  // There is never more than one commit under way.
};

void simulated_store::connection::commit(const commit_batch& batch, committed done) {
  if (is_cut_) return;
  ++commits_;
  pending_.emplace(batch, std::move(done));
  shared& s = *s_;
  constexpr duration slow_max{3000};
  if (s.faults->strikes(fault::store_failed, s.luck)) {
    decide({errc::internal, "the simulated disk is full"});
  } else if (s.faults->strikes(fault::store_failed_kept, s.luck)) {
    write();
    decide({errc::internal, "the simulated disk did not answer"});
  }
  if (s.faults->strikes(fault::store_held, s.luck)) {
    is_held_ = true;
    finish_later(std::chrono::minutes{10});  // Nobody may let it through.
  } else if (s.faults->strikes(fault::store_slow, s.luck)) {
    // It is written at either end of the delay.
    if (!pending_->is_decided && s.luck.happens(0.5)) write();
    finish_later(s.luck.up_to(slow_max));
  } else {
    finish();
  }
}

void simulated_store::connection::write() {
  s_->inside->commit(pending_->batch, [this](const expected<void>& result) {
    decide(result ? error{} : result.error());
  });
  const bool is_kept = pending_->why.code == errc::none;
  if (is_kept && s_->owner != nullptr && s_->owner->on_kept) s_->owner->on_kept(pending_->batch);
}

void simulated_store::connection::finish() {
  is_held_ = false;
  if (!pending_->is_decided) write();
  const pending ended = std::move(*pending_);
  pending_.reset();
  if (ended.why.code == errc::none) {
    ended.done({});
  } else {
    ended.done(unexpected(ended.why));
  }
}

void simulated_store::connection::finish_later(duration delay) {
  s_->clock->call_at(s_->clock->now() + delay, [self = weak_from_this(), number = commits_] {
    // It may have been let through, and the next one be under way.
    const auto here = self.lock();
    if (here != nullptr && here->pending_ && here->commits_ == number) here->finish();
  });
}

void simulated_store::connection::read_document(std::uint64_t uid, std::uint32_t version,
                                                std::function<void(expected<std::string>)> done) {
  if (is_cut_) return;
  shared& s = *s_;
  constexpr duration slow_max{1500};
  if (s.faults->strikes(fault::read_failed, s.luck))
    return done(unexpected({errc::internal, "the simulated disk cannot be read"}));
  if (!s.faults->strikes(fault::read_slow, s.luck))
    return s.inside->read_document(uid, version, std::move(done));
  const std::uint64_t number = ++reads_;
  slow_reads_[number] = [this, uid, version, done = std::move(done)]() mutable {
    s_->inside->read_document(uid, version, std::move(done));
  };
  s.clock->call_at(s.clock->now() + s.luck.up_to(slow_max), [self = weak_from_this(), number] {
    const auto here = self.lock();
    if (here == nullptr) return;
    const auto found = here->slow_reads_.find(number);
    if (found == here->slow_reads_.end()) return;
    auto read = std::move(found->second);
    here->slow_reads_.erase(found);
    read();
  });
}

void simulated_store::connection::cut() {
  is_cut_ = true;
  is_held_ = false;
  slow_reads_.clear();  // They hold on to the runtime that asked.
  if (!pending_) return;
  if (!pending_->is_decided) {
    const bool is_kept = s_->luck.happens(0.5);
    s_->faults->count(is_kept ? fault::commit_under_way_kept : fault::commit_under_way_lost);
    if (is_kept) write();
  }
  pending_.reset();
}

simulated_store::simulated_store(std::shared_ptr<simulated_clock> time,
                                 std::shared_ptr<fault_plan> faults, std::uint64_t seed,
                                 std::shared_ptr<store> inside)
    : shared_{std::make_shared<shared>(shared{.clock = std::move(time),
                                              .faults = std::move(faults),
                                              .luck = chance{seed},
                                              .inside = std::move(inside),
                                              .owner = this,
                                              .connections = {}})} {}

simulated_store::~simulated_store() { shared_->owner = nullptr; }

std::shared_ptr<store> simulated_store::connect() {
  auto made = std::make_shared<connection>(shared_);
  std::erase_if(shared_->connections, [](const auto& c) { return c.expired(); });
  shared_->connections.push_back(made);
  return made;
}

void simulated_store::cut(store& connection) {
  static_cast<simulated_store::connection&>(connection).cut();
}

void simulated_store::let_through() {
  const std::vector<std::weak_ptr<connection>> all = shared_->connections;
  for (const auto& each : all) {
    if (const auto c = each.lock()) c->let_through();
  }
}

void simulated_store::reseed(std::uint64_t seed) noexcept { shared_->luck = chance{seed}; }

store& simulated_store::inside() const noexcept { return *shared_->inside; }

}  // namespace fsm
