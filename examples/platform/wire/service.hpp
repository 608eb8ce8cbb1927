#pragma once

#include "http/message.hpp"
#include "wire/site.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace platform::wire {

struct failure;
struct route;

/// Answers HTTP requests: finds the operation, checks that the client may ask for it, gives the
/// request an id, and sees to it that whatever goes wrong becomes an error of the API.
class service final : public http::handler {
public:
  /// `where` must outlive the service.
  explicit service(const site& where) : site_{where} {}

  [[nodiscard]] std::optional<http::response> refuse_by_head(
      const http::request_head& head) const override;
  [[nodiscard]] std::uint64_t body_bytes_max(const http::request_head& head) const override;
  [[nodiscard]] http::response turn_away(http::problem why, const http::request_head* head,
                                         const std::string& detail) const override;
  http::abandon handle(http::request what, http::responder answer) override;

private:
  /// An answer that is counted on its way.
  [[nodiscard]] http::responder counted(const route* which,
                                        std::chrono::steady_clock::time_point start,
                                        http::responder answer) const;
  /// The answer to a request that is refused before it is there, counted. `head`: as far as it has
  /// come.
  [[nodiscard]] http::response refused_early(const http::request_head* head,
                                             const failure& why) const;

  const site& site_;
};

}  // namespace platform::wire
