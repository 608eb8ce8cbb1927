#include "recorded_run.hpp"

#include "forwarding_store.hpp"
#include "scripted_provider.hpp"
#include <fsm/runtime.hpp>

#include <algorithm>
#include <chrono>
#include <future>
#include <mutex>
#include <random>
#include <sstream>
#include <stdexcept>

namespace fsm::testing {

using namespace std::chrono_literals;

namespace {

class recording_store final : public forwarding_store {
public:
  using forwarding_store::forwarding_store;

  void commit(const commit_batch& batch, committed done) override {
    recorded_batch copy;
    for (const change* c : batch.changes) copy.changes.push_back(*c);
    copy.notes.assign(batch.notes.begin(), batch.notes.end());
    copy.at = batch.at;
    {
      const std::lock_guard lock{mutex_};
      add(std::move(copy));
    }
    forwarding_store::commit(batch, std::move(done));
  }
  [[nodiscard]] std::vector<recorded_batch> batches() const {
    const std::lock_guard lock{mutex_};
    return batches_;
  }

private:
  // Batches that only have notes become one, and of signs of life one is enough: the clock gives
  // many.
  void add(recorded_batch next) {
    if (!next.changes.empty() || batches_.empty() || !batches_.back().changes.empty()) {
      batches_.push_back(std::move(next));
      return;
    }
    recorded_batch& last = batches_.back();
    for (const note& n : next.notes) {
      if (n.kind != note_kind::owner_alive || last.notes.empty()) last.notes.push_back(n);
    }
    last.at = next.at;
  }

  mutable std::mutex mutex_;
  std::vector<recorded_batch> batches_;
};

// A life of some functions, by chance.
class life {
public:
  explicit life(std::uint64_t seed, std::shared_ptr<store> on) : random_{seed} {
    how_.store = std::move(on);
    how_.provider = provider_;
    how_.clock = clock_;
    how_.functions_max = 256;
    how_.threads = 1;
    how_.idle_after = 5h;
    runtime_.emplace(how_);
  }

  void step() {
    prepare_provider();
    const std::string name = "function-" + std::to_string(pick(1, 16));
    switch (pick(0, 9)) {
      case 0:
      case 1:
      case 2:
        static_cast<void>(runtime_->create(
            {.name = name,
             .document = document(),
             .tenant = "tenant-" + std::to_string(pick(1, 3)),
             .idle_after = pick(0, 2) == 0 ? std::optional<duration>{2h} : std::nullopt}));
        break;
      case 3:
      case 4:
      case 5:
      case 6: static_cast<void>(runtime_->update({.name = name, .document = document()})); break;
      case 7: static_cast<void>(runtime_->remove(name)); break;
      case 8: static_cast<void>(runtime_->admit(name)); break;
      default: clock_->advance(1h * pick(1, 3)); break;
    }
    runtime_->settle();
  }

private:
  std::size_t pick(std::size_t from, std::size_t to) {
    return std::uniform_int_distribution<std::size_t>{from, to}(random_);
  }

  // Some are longer than a block of the log.
  std::string document() {
    const std::size_t size = pick(0, 19) == 0 ? pick(33'000, 70'000) : pick(0, 900);
    std::string text(size, ' ');
    for (char& c : text) c = static_cast<char>(pick(0, 255));
    return text;
  }

  void prepare_provider() {
    switch (pick(0, 11)) {
      case 0:
        provider_->next_provisions({replies::fails(reason_code::invalid_image, "bad")});
        break;
      case 1:
        provider_->next_provisions({replies::fails(reason_code::subnet_out_of_ip_addresses)});
        break;
      case 2: provider_->next_provisions({replies::later}); break;
      case 3: provider_->next_releases({replies::later}); break;
      case 4: provider_->next_releases({replies::transient, replies::transient}); break;
      case 5: provider_->next_provisions({replies::after(30s)}); break;
      default: break;
    }
  }

  std::mt19937_64 random_;
  const std::shared_ptr<manual_clock> clock_ = std::make_shared<manual_clock>();
  const std::shared_ptr<scripted_provider> provider_ = std::make_shared<scripted_provider>(clock_);
  options how_;
  std::optional<runtime> runtime_;
};

template <class Answer, class Ask>
Answer ask(const Ask& how) {
  expected<Answer> answer = unexpected({errc::internal, "no answer"});
  how([&answer](expected<Answer> given) { answer = std::move(given); });
  if (!answer) throw std::runtime_error{answer.error().message};
  return *std::move(answer);
}

void describe(std::ostream& to, const transition& t) {
  to << t.sequence << " after " << t.previous << " of " << t.uid << " at "
     << t.at.time_since_epoch().count() << ' ' << to_string(t.event) << ' ' << to_string(t.cause)
     << ' ' << index_of(t.from) << '>' << index_of(t.to) << ' ' << wire_name(t.state_reason_code)
     << '/' << wire_name(t.update_reason_code) << ' ' << t.reason << ' ' << t.revision;
}

struct describing final : recovery {
  std::ostringstream text;
  std::vector<stored_function> functions;

  void on_function(stored_function& f) override { functions.push_back(std::move(f)); }
  void on_owed_release(std::uint64_t uid, std::uint32_t number) override {
    text << "owed: " << uid << '/' << number << '\n';
  }

  void function(store& from, const stored_function& f) {
    const lifecycle_record& life = f.lifecycle;
    text << "function " << f.uid << ' ' << f.name << " of " << f.tenant << ": "
         << index_of(life.pair) << ' ' << wire_name(life.state_reason) << '/'
         << wire_name(life.update_reason) << " revision " << life.revision << " attempt "
         << life.attempt << " version " << life.version << " held " << life.held << " since "
         << life.since.time_since_epoch().count() << " used "
         << f.last_used.time_since_epoch().count() << " idle " << f.idle_after.count() << " last "
         << f.last_sequence << " place " << int{f.history_place} << '\n';
    const auto reasons =
        ask<reason_texts>([&](auto done) { from.read_reasons(f.uid, std::move(done)); });
    text << "  texts: " << reasons.state << " | " << reasons.update << '\n';
    for (std::uint32_t version = 1; version <= life.attempt + 1; ++version) {
      from.read_document(f.uid, version, [&](const expected<std::string>& given) {
        if (given) {
          text << "  document " << version << ": " << given->size() << " bytes, "
               << std::hash<std::string>{}(*given) << '\n';
        } else if (given.error().code != errc::not_found) {
          throw std::runtime_error{given.error().message};
        }
      });
    }
    const auto history =
        ask<std::vector<transition>>([&](auto done) { from.read_history(f.uid, std::move(done)); });
    for (const transition& t : history) {
      text << "  history: ";
      describe(text, t);
      text << '\n';
    }
  }
};

}  // namespace

store_state store_state::of(store& from, const store::opened& opened) {
  describing all;
  all.text << "last sequence " << opened.last_sequence << ", last uid " << opened.last_uid << '\n';
  if (const auto read = from.recover(all); !read) throw std::runtime_error{read.error().message};
  for (const stored_function& f : all.functions) all.function(from, f);
  for (const std::string& name : ask<std::vector<std::string>>(
           [&](auto done) { from.read_names("", "", 10'000, std::move(done)); }))
    all.text << "name: " << name << '\n';
  const auto page =
      ask<event_page>([&](auto done) { from.read_events(0, 1'000'000, std::move(done)); });
  store_state state{.last_sequence = opened.last_sequence,
                    .functions = all.text.str(),
                    .events = {},
                    .oldest_event = page.oldest};
  for (const transition& t : page.events) {
    std::ostringstream text;
    describe(text, t);
    text << ' ' << t.name;
    state.events.push_back(text.str());
  }
  return state;
}

bool store_state::agrees_with(const store_state& model) const {
  if (last_sequence != model.last_sequence || functions != model.functions) return false;
  return events.size() == last_sequence + 1 - oldest_event &&
         events.size() <= model.events.size() &&
         std::equal(events.rbegin(), events.rend(), model.events.rbegin());
}

std::string store_state::difference(const store_state& model) const {
  std::istringstream mine{functions};
  std::istringstream other{model.functions};
  std::string my_line;
  std::string other_line;
  do {
    my_line = other_line = "(nothing)";
    const bool more = static_cast<bool>(std::getline(mine, my_line));
    if (!std::getline(other, other_line) && !more) break;
  } while (my_line == other_line);
  if (my_line != other_line) return my_line + "\ninstead of\n" + other_line;
  return "events " + std::to_string(oldest_event) + " to " + std::to_string(last_sequence) + ": " +
         std::to_string(events.size()) + ", the last: " + (events.empty() ? "-" : events.back()) +
         "\ninstead of\n" + (model.events.empty() ? "-" : model.events.back());
}

recorded_run recorded_run::make(std::uint64_t seed, std::size_t steps) {
  recorded_run run;
  const auto recording =
      std::make_shared<recording_store>(make_memory_store(run.history_max, 1'000'000));
  {
    life all{seed, recording};
    for (std::size_t i = 0; i < steps; ++i) all.step();
  }
  run.batches = recording->batches();
  const auto model = make_memory_store(run.history_max, 1'000'000);
  for (std::size_t n = 0;; ++n) {
    const auto opened = model->open();
    run.states.push_back(store_state::of(*model, *opened));
    if (n == run.batches.size()) break;
    if (const auto done = commit(*model, run.batches[n], opened->epoch); !done)
      throw std::runtime_error{done.error().message};
  }
  return run;
}

expected<void> commit(store& to, const recorded_batch& what, std::uint64_t epoch) {
  std::vector<change> changes = what.changes;
  std::vector<change*> pointers;
  for (change& c : changes) {
    c.epoch = epoch;
    to.prepare(c);
    pointers.push_back(&c);
  }
  std::promise<expected<void>> answer;
  auto result = answer.get_future();
  to.commit({.changes = pointers, .notes = what.notes, .epoch = epoch, .at = what.at},
            [&answer](expected<void> given) { answer.set_value(std::move(given)); });
  if (result.wait_for(std::chrono::minutes{1}) != std::future_status::ready)
    throw std::runtime_error{"a commit was not answered within a minute"};
  return result.get();
}

}  // namespace fsm::testing
