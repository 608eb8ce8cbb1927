#include "keeping_provider.hpp"

#include "function_name.hpp"

#include <utility>

namespace bench {

bool keeping_provider::keep(const fsm::provision_request& request, const fsm::completion& done) {
  const std::lock_guard lock{mutex_};
  if (!keeping_) return false;
  const auto turn = order_.turn_of(function_name::index_of(request.name));
  if (turn >= kept_.size()) return false;
  kept_[turn] = done;
  return true;
}

void keeping_provider::answer_all_kept() {
  std::vector<fsm::completion> all;
  {
    const std::lock_guard lock{mutex_};
    keeping_ = false;
    for (auto& each : kept_) {
      if (each) all.push_back(*std::exchange(each, std::nullopt));
    }
  }
  for (const auto& each : all) answer(each);
}

}  // namespace bench
