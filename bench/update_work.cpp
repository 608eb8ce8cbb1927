#include "update_work.hpp"

#include "function_name.hpp"

namespace bench {
namespace {

/// One thread's share.
class update_work final : public function_range {
public:
  update_work(update_plan& plan, std::uint64_t first, std::uint64_t last)
      : function_range{first, last, plan.updated},
        runtime_{plan.runtime},
        functions_{plan.functions},
        stride_{plan.stride} {}

  void start(outstanding_call& which) override {
    fsm::update_request what;
    what.name = function_name{which.item() * stride_, functions_};
    // Two pointers, so that the function object needs no memory of its own.
    runtime_.update(std::move(what), [at = &which, in = &runtime_](const auto& got) {
      if (!got) return at->finish(&got.error());
      in->wait(got->name, fsm::settled, call_patience, [at](const auto& settled) {
          finish(*at, settled);
        }).detach();
    });
  }

private:
  static void finish(outstanding_call& which, const fsm::expected<fsm::function_view>& got) {
    if (!got) return which.finish(&got.error());
    if (got->update_status == fsm::last_update_status::successful) return which.finish(nullptr);
    const fsm::error failed{fsm::errc::internal, "an update did not become Successful"};
    which.finish(&failed);
  }

  fsm::runtime& runtime_;
  std::uint64_t functions_;
  std::uint64_t stride_;
};

}  // namespace

measurement update_each(update_plan& plan, std::deque<call_window>& windows) {
  const auto threads = windows.size();
  const auto total = (plan.functions + plan.stride - 1) / plan.stride;
  std::deque<update_work> work;
  for (std::size_t i = 0; i < threads; ++i)
    work.emplace_back(plan, total * i / threads, total * (i + 1) / threads);
  return together(
      in_parallel(
          threads,
          [&](std::size_t i, time_point begin) {
            return windows[i].run(
                work[i],
                {.how = {}, .begin = begin, .index = i, .threads = threads, .timed = false});
          }),
      {});
}

}  // namespace bench
