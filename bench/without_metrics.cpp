#include "workload.hpp"

namespace bench {

std::unique_ptr<workload> make_invoke_metrics(const settings& /*how*/) {
  throw usage_error{"invoke_metrics: this fsm-bench was built without metrics"};
}

}  // namespace bench
