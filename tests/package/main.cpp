#include <fsm/runtime.hpp>

#include <iostream>

int main() {
  fsm::runtime runtime;
  const auto created = runtime.create({.name = "resize", .document = "a document"});
  if (!created) return 1;
  const auto active = runtime.wait("resize", fsm::active, std::chrono::seconds{10});
  const auto admission = runtime.admit("resize");
  if (!active || !admission || admission->version() != active->version) return 1;
  std::cout << active->name << " is " << wire_name(active->state) << '\n';
}
