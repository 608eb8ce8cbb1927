// fsm-platform: a Lambda-compatible control plane on libfsm.
#include "flags.hpp"
#include "serve.hpp"

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
  const auto flags = platform::parse_flags(argc, argv);
  if (!flags) {
    (flags.error().code == 0 ? std::cout : std::cerr) << flags.error().text << std::endl;
    return flags.error().code;
  }
  try {
    return platform::serve(*flags);
  } catch (const std::exception& problem) {  // What the system refused: memory, files, threads.
    std::cerr << "fsm-platform: " << problem.what() << std::endl;
    return 1;
  }
}
