#pragma once

#include "http/message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace platform::http {

/// Keeps web pages from talking to a server on the developer's own machine: a page of any site may
/// send requests to a loopback address, and may even read the answers when its name is made to
/// resolve there. So a request must name a host that is ours, and must not come from another site.
class guard {
public:
  /// Loopback names and addresses are accepted, and so are `listen_host` and `allowed_hosts`.
  /// `scheme` is what an origin of ours begins with: "http" or "https".
  guard(std::string_view scheme, std::string listen_host, std::vector<std::string> allowed_hosts);

  /// Why the request is refused, as a sentence; nothing if it may pass.
  [[nodiscard]] std::optional<std::string> objection(const request_head& head) const;

private:
  [[nodiscard]] bool accepts(std::string_view host) const;

  const std::string origin_start_;
  std::vector<std::string> hosts_;  // In lower case.
};

/// The host in a `Host` field or authority, without port and brackets, in lower case: "[::1]:80"
/// gives "::1".
[[nodiscard]] std::string host_of(std::string_view authority);

}  // namespace platform::http
