#include "function_share.hpp"

#include "directory.hpp"

#include <algorithm>
#include <utility>

namespace fsm::detail {

std::int64_t function_share::provisioned() const noexcept {
  std::int64_t result = 0;
  for (const auto& [name, version] : versions) result += version.count;
  return result;
}

std::int64_t function_share::taken() const noexcept {
  auto result = in_use;
  for (const auto& [name, version] : versions) result += std::max(version.count, version.in_use);
  return result;
}

void function_share::settle(token_pool& account) noexcept {
  auto running = in_use;
  for (const auto& [name, version] : versions) running += version.in_use;
  const auto needed = std::max(wanted(), std::min(running, held));
  if (needed == held) return;
  account.resize(held - needed);
  held = needed;
}

share_table::~share_table() {
  for (bucket& each : *buckets_) {
    for (link* at = each.load(); at != nullptr;) delete std::exchange(at, at->next.load());
  }
}

std::shared_ptr<function_share> share_table::find(std::string_view name) const noexcept {
  const auto hash = name_hash(name);
  const bucket& start = (*buckets_)[hash % bucket_count];
  if (start.load(std::memory_order_relaxed) == nullptr) return nullptr;
  const epoch_domain::pin pinned{epochs_};
  for (const link* at = start.load(std::memory_order_acquire); at != nullptr;
       at = at->next.load(std::memory_order_acquire)) {
    if (at->hash == hash && at->what->name == name) return at->what;
  }
  return nullptr;
}

void share_table::add(std::shared_ptr<function_share> what) {
  const auto hash = name_hash(what->name);
  bucket& start = (*buckets_)[hash % bucket_count];
  auto made = std::make_unique<link>();
  made->hash = hash;
  made->what = std::move(what);
  made->next.store(start.load(std::memory_order_relaxed), std::memory_order_relaxed);
  start.store(made.release(), std::memory_order_release);
}

void share_table::remove(std::string_view name) {
  const auto hash = name_hash(name);
  for (bucket* at = &(*buckets_)[hash % bucket_count];;) {
    link* const found = at->load(std::memory_order_relaxed);
    if (found == nullptr) return;
    if (found->hash == hash && found->what->name == name) {
      at->store(found->next.load(std::memory_order_relaxed), std::memory_order_release);
      epochs_.retire([found] { delete found; });
      return epochs_.collect();
    }
    at = &found->next;
  }
}

}  // namespace fsm::detail
