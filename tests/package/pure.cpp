#include <fsm/render.hpp>
#include <fsm/step.hpp>

#include <iostream>

// The lifecycle without a runtime; the compiler can run it.
constexpr auto created = fsm::step({}, {.event = fsm::event::create});
static_assert(created.next.pair == fsm::pairs::creating);

int main() {
  const auto made =
      fsm::step(created.next, {.event = fsm::event::provision_succeeded, .attempt = created.start});
  std::cout << fsm::situation_text(made.next.pair) << " by rule " << made.rule->id << '\n';
  return made.next.pair == fsm::pairs::ready ? 0 : 1;
}
