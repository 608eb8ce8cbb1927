#pragma once

#include <utility>

namespace fsm::detail {

/// One T for each thread, made when it is first asked for and destroyed with the thread. The main
/// thread's are destroyed before static objects are, whose destructors may ask once more: what they
/// get is never destroyed. `Use` tells those of one type apart.
template <class T, class Use = T>
[[nodiscard]] T& per_thread() {
  static constinit thread_local T* here = nullptr;
  struct owner {
    ~owner() { delete std::exchange(here, nullptr); }
  };
  if (here == nullptr) {
    here = new T;
    static thread_local const owner destroys;
    static_cast<void>(destroys);
  }
  return *here;
}

}  // namespace fsm::detail
