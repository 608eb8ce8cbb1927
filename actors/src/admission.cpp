#include "core.hpp"
#include "function_actor.hpp"
#include "function_pool.hpp"
#include "provisioner.hpp"
#include <fsm/admission.hpp>

namespace fsm {

using detail::epoch_domain;
using detail::function_pool;

admission::admission(admission&& other) noexcept
    : pool_{std::exchange(other.pool_, nullptr)},
      uid_{other.uid_},
      slot_{other.slot_},
      generation_{other.generation_},
      version_{other.version_},
      held_{other.held_} {}

admission& admission::operator=(admission&& other) noexcept {
  if (this != &other) {
    complete();
    pool_ = std::exchange(other.pool_, nullptr);
    uid_ = other.uid_;
    slot_ = other.slot_;
    generation_ = other.generation_;
    version_ = other.version_;
    held_ = other.held_;
  }
  return *this;
}

admission::~admission() { complete(); }

void admission::complete() noexcept {
  function_pool* const pool = std::exchange(pool_, nullptr);
  if (pool == nullptr) return;
  {
    const epoch_domain::pin pinned{pool->epochs};
    if (detail::core* o = pool->owner()) {
      o->complete(*pool->function(slot_), slot_, generation_);
      return;
    }
  }
  // After the runtime has stopped there is nobody left to tell; but the pool was kept for this.
  pool->release();
}

}  // namespace fsm
