#include "fuzz.hpp"

#include <cstdio>
#include <cstdlib>

// Compiled once for each target, whose function is FSM_FUZZ_TARGET.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  try {
    fsm::fuzz::FSM_FUZZ_TARGET({reinterpret_cast<const char*>(bytes), size});
  } catch (const fsm::fuzz::violation& found) {
    std::fprintf(stderr, "violation: %s\n", found.what());
    std::abort();
  }
  return 0;
}
