#pragma once

#include "function_range.hpp"
#include <fsm/runtime.hpp>

#include <atomic>
#include <cstdint>
#include <functional>

namespace bench {

/// What a function is created with, by its number.
using describe_function = std::function<fsm::create_request(std::uint64_t)>;

/// What all threads that create functions share. Must outlive the runtime.
struct create_plan {
  fsm::runtime& runtime;
  describe_function describe;
  /// Use the synchronous calls.
  bool synchronous = false;
  /// For the progress line; counted up in steps.
  std::atomic<std::uint64_t> created{0};
};

/// One thread's share of creating a population: each function to Active.
class create_work final : public function_range {
public:
  create_work(create_plan& plan, std::uint64_t first, std::uint64_t last)
      : function_range{first, last, plan.created}, plan_{plan} {}

  void start(outstanding_call& which) override;

private:
  void create_now(outstanding_call& which);
  void create_later(outstanding_call& which);
  static void on_created(outstanding_call& which, fsm::runtime& runtime,
                         const fsm::expected<fsm::function_view>& got);

  create_plan& plan_;
};

}  // namespace bench
