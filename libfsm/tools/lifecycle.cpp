#include <fsm/render.hpp>

#include <cstdlib>
#include <iostream>
#include <string_view>

// fsm-lifecycle: prints the lifecycle table. Without an argument it prints the page
// docs/lifecycle.md; with --mermaid, --dot or --markdown only that part of it; with --promela the
// table for tests/model/function.pml.

int main(int argument_count, char** arguments) {
  const std::string_view what = argument_count > 1 ? arguments[1] : "--page";
  if (what == "--page") {
    std::cout << fsm::lifecycle_page();
  } else if (what == "--mermaid") {
    std::cout << fsm::to_mermaid();
  } else if (what == "--dot") {
    std::cout << fsm::to_dot();
  } else if (what == "--markdown") {
    std::cout << fsm::to_markdown();
  } else if (what == "--promela") {
    std::cout << fsm::to_promela();
  } else {
    std::cerr << "fsm-lifecycle: unknown argument '" << what
              << "'; expected --page, --mermaid, --dot, --markdown or --promela\n";
    return 2;
  }
  return std::cout.flush() ? EXIT_SUCCESS : EXIT_FAILURE;
}
