#include "store_meter.hpp"

#include "report.hpp"

#include <cstdio>
#include <utility>

namespace bench {

void commit_counts::add(const commit_counts& later) {
  transitions += later.transitions;
  commits += later.commits;
  latency.merge(later.latency);
}

void store_meter::add(std::uint64_t transitions, nanoseconds took) {
  const std::lock_guard lock{mutex_};
  counts_.transitions += transitions;
  ++counts_.commits;
  counts_.latency.add(took);
}

commit_counts store_meter::take() {
  const std::lock_guard lock{mutex_};
  return std::exchange(counts_, {});
}

void note_commits(measurement& into, const commit_counts& counts, double seconds) {
  if (counts.commits == 0) return;
  const auto p50 = counts.latency.quantile_us(0.5);
  const auto p99 = counts.latency.quantile_us(0.99);
  std::string text = with_commas(static_cast<double>(counts.transitions)) + " transitions";
  if (seconds > 0) {
    const auto speed = static_cast<double>(counts.transitions) / seconds;
    text += " (" + with_commas(speed) + "/s)";
    into.more.members.emplace_back("transitions_per_second", speed);
  } else {
    text += ", preparations included,";
  }
  char commits[128];
  std::snprintf(commits, sizeof commits,
                " in %s commits of %.1f, p50 %.0f us, p99 %.0f us, max %.0f us",
                with_commas(static_cast<double>(counts.commits)).c_str(),
                counts.transitions_per_commit(), p50, p99, counts.latency.max_us());
  into.more.remarks.push_back("store: " + text + commits);
  into.more.members.emplace_back("commits", static_cast<double>(counts.commits));
  into.more.members.emplace_back("transitions_per_commit", counts.transitions_per_commit());
  into.more.members.emplace_back("commit_us_p50", p50);
  into.more.members.emplace_back("commit_us_p99", p99);
  into.more.members.emplace_back("commit_us_max", counts.latency.max_us());
}

void metered_store::commit(const fsm::commit_batch& batch, committed done) {
  const auto transitions = batch.changes.size();
  if (transitions == 0) return forwarding_store::commit(batch, std::move(done));
  forwarding_store::commit(batch, [meter = meter_, transitions, begin = clock::now(),
                                   done = std::move(done)](fsm::expected<void> result) mutable {
    if (result) meter->add(transitions, clock::now() - begin);
    done(std::move(result));
  });
}

}  // namespace bench
