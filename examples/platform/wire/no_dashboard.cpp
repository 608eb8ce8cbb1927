// In place of the dashboard, where there was nothing to build it with.
#include "wire/dashboard.hpp"

namespace platform::wire {

std::span<const dashboard_file> dashboard_files() noexcept {
  static constexpr dashboard_file files[]{
      {"index.html", "text/html; charset=utf-8", "\"none\"",
       "<!doctype html>\n<html lang=\"en\"><head><meta "
       "charset=\"utf-8\"><title>fsm-platform</title>"
       "</head><body><h1>fsm-platform</h1><p>The dashboard was left out when this program was "
       "built: Node.js and its packages were not there (./dev setup installs them). The same "
       "numbers are at <a href=\"/_fsm/overview\">/_fsm/overview</a> and "
       "<a href=\"/metrics\">/metrics</a>.</p></body></html>\n"},
  };
  return files;
}

}  // namespace platform::wire
