#pragma once

#include "call_window.hpp"
#include "names.hpp"
#include <fsm/runtime.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

namespace bench {

/// The idle time of a function, by its number; nothing = the runtime's default.
using idle_policy = std::function<std::optional<fsm::duration>(std::uint64_t)>;

/// What all threads that create functions share. Must outlive the runtime.
struct create_plan {
  fsm::runtime& runtime;
  const name_list& names;
  const idle_policy& idle_after;
  /// Use the synchronous calls.
  bool synchronous = false;
  /// For the progress line; counted up in steps.
  std::atomic<std::uint64_t> created{0};
};

/// One thread's share of creating a population: each function to Active.
class create_work final : public windowed_work {
public:
  create_work(create_plan& plan, std::uint64_t first, std::uint64_t last)
      : plan_{plan}, next_{first}, last_{last} {}

  std::optional<std::uint64_t> next() override;
  void start(outstanding_call& which) override;

private:
  [[nodiscard]] fsm::create_request request_for(std::uint64_t item) const;
  void create_now(outstanding_call& which);
  void create_later(outstanding_call& which);
  static void on_created(outstanding_call& which, const create_plan& plan,
                         const fsm::expected<fsm::function_view>& got);

  create_plan& plan_;
  std::uint64_t next_;
  std::uint64_t last_;
};

}  // namespace bench
