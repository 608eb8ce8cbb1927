#include "create_work.hpp"

namespace bench {

void create_work::start(outstanding_call& which) {
  if (plan_.synchronous) {
    create_now(which);
  } else {
    create_later(which);
  }
}

void create_work::create_now(outstanding_call& which) {
  auto got = plan_.runtime.create(plan_.describe(which.item()));
  if (got && got->state != fsm::state::active) {
    got = plan_.runtime.wait(got->name, fsm::active, call_patience);
  }
  which.finish(got ? nullptr : &got.error());
}

void create_work::create_later(outstanding_call& which) {
  // Two pointers, so that the function object needs no memory of its own.
  plan_.runtime.create(
      plan_.describe(which.item()),
      [at = &which, in = &plan_.runtime](const auto& got) { on_created(*at, *in, got); });
}

void create_work::on_created(outstanding_call& which, fsm::runtime& runtime,
                             const fsm::expected<fsm::function_view>& got) {
  if (!got || got->state == fsm::state::active) {
    return which.finish(got ? nullptr : &got.error());
  }
  runtime
      .wait(
          got->name, fsm::active, call_patience,
          [at = &which](const auto& settled) { at->finish(settled ? nullptr : &settled.error()); })
      .detach();
}

}  // namespace bench
