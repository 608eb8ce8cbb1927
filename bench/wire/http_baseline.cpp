// fsm-bench-http: the platform's HTTP server with nothing behind it. Every request has the same
// answer, so that what the platform adds can be told from what HTTP costs. bench/wire_load.py
// drives it.
#include "http/server.hpp"
#include "stopper.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace {

namespace http = platform::http;

constexpr std::size_t answer_bytes_max = std::size_t{1024} * 1024;

class constant_answer final : public http::handler {
public:
  explicit constant_answer(std::size_t size) {
    answer_.set("X-Amzn-Requestid", "00000000-0000-4000-8000-000000000000");
    answer_.set(http::proto::field::content_type, "application/json");
    answer_.body() = std::string(size, 'x');
  }

  [[nodiscard]] std::optional<http::response> refuse_by_head(
      const http::request_head&) const override {
    return std::nullopt;
  }
  [[nodiscard]] std::uint64_t body_bytes_max(const http::request_head&) const override { return 0; }
  [[nodiscard]] http::response turn_away(http::problem, const http::request_head*,
                                         const std::string&) const override {
    return http::response{http::proto::status::bad_request, 11};
  }
  http::abandon handle(http::request, http::responder answer) override {
    answer(answer_);
    return {};
  }

private:
  http::response answer_;
};

// BYTES
std::optional<std::size_t> read_size(int argc, char** argv) {
  if (argc != 2) return std::nullopt;
  const std::string_view text{argv[1]};
  std::size_t size = 0;
  const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), size);
  const bool good = problem == std::errc{} && rest == text.data() + text.size();
  return good && size <= answer_bytes_max ? std::optional{size} : std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  const auto size = read_size(argc, argv);
  if (!size) {
    std::cerr << "usage: fsm-bench-http BYTES (at most " << answer_bytes_max << ")" << std::endl;
    return 2;
  }
  platform::stopper stop;
  auto server = http::server::open({}, spdlog::stderr_logger_mt("fsm-bench-http"));
  if (!server) {
    std::cerr << "fsm-bench-http: " << server.error().message << std::endl;
    return 1;
  }
  constant_answer answers{*size};
  (*server)->start(answers);
  std::cout << "listening on " << (*server)->url() << std::endl;
  stop.wait();
  (*server)->stop(std::chrono::seconds{1});
  return 0;
}
