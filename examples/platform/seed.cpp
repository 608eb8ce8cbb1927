#include "seed.hpp"

#include "times.hpp"
#include "wire/digest.hpp"
#include <fsm/observer.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <spdlog/spdlog.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <optional>
#include <utility>

namespace platform {

namespace {

// Counts the functions on their way, and is told when they have arrived.
class progress final : public fsm::observer {
public:
  // Somebody may wait until at most half of `at_once_max` are.
  explicit progress(std::size_t at_once_max) : half_{at_once_max / 2} {}

  void on_transition(const fsm::transition& what) override {
    if (what.to == fsm::pairs::ready) arrived();
    if (what.to == fsm::pairs::broken) {
      failed({.code = fsm::errc::internal, .message = what.name + " failed: " + what.reason});
    }
  }

  void failed(fsm::error why) {
    {
      const std::lock_guard lock{mutex_};
      if (!problem_) problem_ = std::move(why);
    }
    arrived();
  }

  // Waits until at most `count` functions are on their way, or for a second; true when they are.
  bool wait_for_at_most(std::size_t count) {
    std::unique_lock lock{mutex_};
    return fewer_.wait_for(lock, std::chrono::seconds{1}, [&] { return in_flight_ <= count; });
  }

  void started() {
    const std::lock_guard lock{mutex_};
    ++in_flight_;
  }

  [[nodiscard]] std::optional<fsm::error> problem() const {
    const std::lock_guard lock{mutex_};
    return problem_;
  }

private:
  void arrived() {
    const std::lock_guard lock{mutex_};
    --in_flight_;
    if (in_flight_ == 0 || in_flight_ == half_) fewer_.notify_one();
  }

  const std::size_t half_;
  mutable std::mutex mutex_;
  std::condition_variable fewer_;
  std::size_t in_flight_ = 0;
  std::optional<fsm::error> problem_;
};

std::string seed_name(std::size_t number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "seed-%07zu", number);
  return text.data();
}

std::string seed_document(fsm::timestamp now, const std::string& account) {
  return boost::json::serialize(
      boost::json::object{{"Role", "arn:aws:iam::" + account + ":role/seed"},
                          {"Runtime", "python3.12"},
                          {"Handler", "index.handler"},
                          {"CodeSize", 0},
                          {"CodeSha256", wire::base64_encode(wire::sha256(""))},
                          {"LastModified", last_modified_text(now)}});
}

// Waits for room, a second at a time, so that somebody hears of it.
template <class Report>
bool wait_for_room(progress& so_far, std::size_t count_max, const std::function<bool()>& stop,
                   Report report) {
  while (!so_far.wait_for_at_most(count_max)) {
    if (stop() || so_far.problem()) return false;
    report();
  }
  return !stop() && !so_far.problem();
}

}  // namespace

fsm::expected<void> seed_functions(fsm::runtime& functions, world& cloud, const seed_options& what,
                                   const std::shared_ptr<spdlog::logger>& log,
                                   const std::function<bool()>& stop) {
  const auto count = what.count;
  if (count == 0) return {};
  const auto half = what.at_once_max / 2;
  const auto so_far = std::make_shared<progress>(what.at_once_max);
  const auto watching = functions.watch(so_far);
  const auto document = seed_document(functions.clock().now(), what.tenant);
  cloud.set_instant(true);
  auto next_report = std::chrono::steady_clock::now() + std::chrono::seconds{1};
  const auto report = [&] {
    if (std::chrono::steady_clock::now() < next_report) return;
    next_report += std::chrono::seconds{1};
    log->info("seeding functions={} of={}", functions.size(), count);
  };
  bool going = true;
  for (std::size_t i = 0; i < count && going; ++i) {
    if (i % what.at_once_max == 0) report();
    so_far->started();
    functions.create(
        {.name = seed_name(i), .document = document, .tenant = what.tenant, .idle_after = {}},
        [so_far](const fsm::expected<fsm::function_view>& view) {
          if (!view) so_far->failed(view.error());
        });
    if (i % half == 0) going = wait_for_room(*so_far, half, stop, report);
  }
  if (going) wait_for_room(*so_far, 0, stop, report);
  cloud.set_instant(false);
  if (auto problem = so_far->problem()) return fsm::unexpected(*std::move(problem));
  log->info("seeded functions={}", functions.size());
  return {};
}

}  // namespace platform
