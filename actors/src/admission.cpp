#include "core.hpp"
#include "function_pool.hpp"
#include <fsm/admission.hpp>

namespace fsm {

using detail::epoch_domain;
using detail::function_pool;

admission& admission::operator=(admission&& other) noexcept {
  if (this != &other) {
    complete();
    pool_ = std::exchange(other.pool_, nullptr);
    line_ = other.line_;
    uid_ = other.uid_;
    to_ = other.to_;
  }
  return *this;
}

void admission::complete() noexcept {
  function_pool* const pool = std::exchange(pool_, nullptr);
  // Needs no runtime, and no pin: the pool is there as long as this is counted in the word.
  if (pool == nullptr || pool->complete(*line_, to_.generation)) return;
  {
    const epoch_domain::pin pinned{pool->epochs};
    if (detail::core* o = pool->owner())
      return o->complete_drained(pool->slot_of(*line_), to_.generation);
  }
  // After the runtime has stopped there is nobody left to tell; but the pool was kept for this.
  pool->release();
}

}  // namespace fsm
