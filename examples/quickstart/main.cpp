// A function lives its whole life. The clock is a manual one, so that two weeks pass at once.
#include <fsm/render.hpp>
#include <fsm/runtime.hpp>

#include <iostream>

using namespace std::chrono_literals;

void show(std::string_view what, const fsm::expected<fsm::function_view>& got) {
  std::cout << what << ": " << (got ? situation_text(got->pair()) : got.error().message) << '\n';
}

void invoke(fsm::runtime& runtime) {
  if (auto admission = runtime.admit("resize")) {
    std::cout << "invoke: version " << admission->version() << " runs\n";
  } else {
    std::cout << "invoke: " << admission.error().message << '\n';
  }
}

int main() {
  auto clock = std::make_shared<fsm::manual_clock>();
  fsm::runtime runtime{{.clock = clock, .idle_after = 14 * 24h}};

  show("create", runtime.create({.name = "resize", .document = "one"}));
  show("wait", runtime.wait("resize", fsm::active, 30s));
  invoke(runtime);
  show("update", runtime.update({.name = "resize", .document = "two"}));
  show("wait", runtime.wait("resize", fsm::settled, 30s));
  clock->advance(14 * 24h);
  show("two weeks later", runtime.get("resize"));
  invoke(runtime);  // Refused, but it starts the restore.
  show("wait", runtime.wait("resize", fsm::active, 30s));
  invoke(runtime);
  show("remove", runtime.remove("resize"));
  show("get", runtime.get("resize"));
}
