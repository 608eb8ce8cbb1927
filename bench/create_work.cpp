#include "create_work.hpp"

#include <string>

namespace bench {

std::optional<std::uint64_t> create_work::next() {
  constexpr std::uint64_t progress_interval = 1024;
  if (next_ == last_) return std::nullopt;
  if (next_ % progress_interval == 0) plan_.created.fetch_add(progress_interval);
  return next_++;
}

void create_work::start(outstanding_call& which) {
  if (plan_.synchronous) {
    create_now(which);
  } else {
    create_later(which);
  }
}

fsm::create_request create_work::request_for(std::uint64_t item) const {
  fsm::create_request made;
  made.name = plan_.names[item];
  if (plan_.idle_after) made.idle_after = plan_.idle_after(item);
  return made;
}

void create_work::create_now(outstanding_call& which) {
  auto got = plan_.runtime.create(request_for(which.item()));
  if (got && got->state != fsm::state::active) {
    got = plan_.runtime.wait(plan_.names[which.item()], fsm::active, call_patience);
  }
  which.finish(got ? nullptr : &got.error());
}

void create_work::create_later(outstanding_call& which) {
  // Two pointers, so that the function object needs no memory of its own.
  plan_.runtime.create(request_for(which.item()), [at = &which, plan = &plan_](const auto& got) {
    on_created(*at, *plan, got);
  });
}

void create_work::on_created(outstanding_call& which, const create_plan& plan,
                             const fsm::expected<fsm::function_view>& got) {
  if (!got || got->state == fsm::state::active) {
    return which.finish(got ? nullptr : &got.error());
  }
  plan.runtime
      .wait(
          plan.names[which.item()], fsm::active, call_patience,
          [at = &which](const auto& settled) { at->finish(settled ? nullptr : &settled.error()); })
      .detach();
}

}  // namespace bench
