#include <fsm/runtime.hpp>

#include <utility>

namespace fsm {

subscription& subscription::operator=(subscription&& other) noexcept {
  if (this != &other) {
    cancel();
    undo_ = std::exchange(other.undo_, nullptr);
  }
  return *this;
}

void subscription::cancel() {
  if (const auto undo = std::exchange(undo_, nullptr)) undo();
}

}  // namespace fsm
