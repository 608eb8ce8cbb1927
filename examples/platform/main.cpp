// fsm-platform: a Lambda-compatible control plane on libfsm.
#include "flags.hpp"
#include "serve.hpp"

#include <iostream>

int main(int argc, char** argv) {
  const auto flags = platform::parse_flags(argc, argv);
  if (!flags) {
    (flags.error().code == 0 ? std::cout : std::cerr) << flags.error().text << std::endl;
    return flags.error().code;
  }
  return platform::serve(*flags);
}
