#include "execution/memory_watch.hpp"

#include "execution/memory_use.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace platform::execution {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds pause{100};
// What is idle is looked at each so many times only, a part of them each time.
constexpr std::uint32_t idle_turns = 10;
constexpr std::uint64_t megabyte = std::uint64_t{1} << 20U;

}  // namespace

memory_watch::memory_watch(asio::io_context& io, std::shared_ptr<spdlog::logger> log, listing all)
    : io_{io}, log_{std::move(log)}, all_{std::move(all)}, timer_{io} {}

void memory_watch::start() {
  const auto chosen = choose();
  timer_.expires_after(pause);
  timer_.async_wait([this, chosen](const boost::system::error_code& problem) {
    if (problem) return;
    if (chosen->empty()) return start();
    asio::post(watchers_, [this, chosen] {
      for (auto& each : *chosen) look_at(each);
      asio::post(io_, [this, chosen] {
        for (const auto& each : *chosen) see(each);
        start();
      });
    });
  });
}

memory_watch::looks memory_watch::choose() {
  auto result = std::make_shared<std::vector<look>>();
  const auto turn = turns_++ % idle_turns;
  for (const auto& each : all_()) {
    if (each->is_working() || each->number() % idle_turns == turn)
      result->push_back({each, each->group(), each->process(), each->memory_mb() * megabyte});
  }
  return result;
}

void memory_watch::look_at(look& each) {
  if (each.group && each.group->bounds_memory()) {
    each.ran_out = each.group->ran_out_of_memory();
    const auto found = group_bytes(*each.group, each.most);
    each.found = found.bytes;
    each.is_exact = found.is_exact;
    return;
  }
  each.found = own_bytes(each.process);
  each.is_exact = false;
}

void memory_watch::look_closer_at(look& each) {
  const bool of_group = each.group && each.group->bounds_memory();
  each.found = of_group ? proportional_bytes(*each.group) : proportional_bytes(each.process);
}

// Closer only where it makes a difference.
void memory_watch::see(const look& each) {
  if (each.is_exact || each.ran_out || each.found <= each.most) return judge(each);
  if (const auto who = each.who.lock()) who->stop_if_stuck();
  if (!looked_closer_at_.insert(each.process).second) return;
  asio::post(closer_, [this, closer = each]() mutable {
    look_closer_at(closer);
    asio::post(io_, [this, closer] {
      looked_closer_at_.erase(closer.process);
      judge(closer);
    });
  });
}

void memory_watch::judge(const look& each) {
  const auto who = each.who.lock();
  if (!who) return;
  who->saw_memory(each.ran_out ? std::max(each.found, each.most) : each.found);
  who->stop_if_stuck();
  if (each.found <= each.most && !each.ran_out) return;
  if (who->is_idle()) {
    log_->info("an idle environment uses too much memory and is ended process={} bytes={}",
               each.process, each.found);
  }
  who->exceed_memory();
}

}  // namespace platform::execution
