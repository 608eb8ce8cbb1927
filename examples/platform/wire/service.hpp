#pragma once

#include "http/message.hpp"
#include "wire/site.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace platform::wire {

struct arrival;
struct failure;
struct route;

/// Answers HTTP requests: finds the operation, checks that the client may ask for it, gives the
/// request an id, and sees to it that whatever goes wrong becomes an error of the API.
class service final : public http::handler {
public:
  /// Operations that may wait for a worker; beyond it clients are answered 429 at once, rather than
  /// after the time that all of these take.
  static constexpr std::size_t waiting_max = 512;
  /// Operators, who want to see what is going on just then, have so many places more.
  static constexpr std::size_t waiting_more_for_operators = 64;

  /// `where` must outlive the service, which must outlive what runs on the workers.
  explicit service(const site& where) : site_{where} {}

  [[nodiscard]] std::optional<http::response> refuse_by_head(
      const http::request_head& head) const override;
  [[nodiscard]] std::uint64_t body_bytes_max(const http::request_head& head) const override;
  [[nodiscard]] http::response turn_away(http::problem why, const http::request_head* head,
                                         const std::string& detail) const override;
  http::abandon handle(http::request what, http::responder answer) override;

private:
  /// Lets a worker do it, or refuses it.
  void run_later(arrival one);
  /// An answer that is counted on its way.
  [[nodiscard]] http::responder counted(const route* which,
                                        std::chrono::steady_clock::time_point start,
                                        http::responder answer) const;
  /// The answer to a request that is refused before it is there, counted. `head`: as far as it has
  /// come.
  [[nodiscard]] http::response refused_early(const http::request_head* head,
                                             const failure& why) const;

  const site& site_;
  std::atomic<std::size_t> waiting_{0};
};

}  // namespace platform::wire
