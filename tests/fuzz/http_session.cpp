#include "fuzz.hpp"
#include "http/session.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

// The server's side of a connection, over a pair of sockets. Whatever a client sends, and in
// however many pieces it arrives, the same requests are taken from it and answered in their order;
// no request with an end that is in doubt gets through; and the connection comes to its end.

namespace fsm::fuzz {

namespace {

namespace asio = boost::asio;
namespace http = platform::http;
using namespace std::chrono_literals;

constexpr std::size_t input_max = 64 * 1024;

/// Answers everything at once, and remembers it.
class recorder final : public http::handler {
public:
  std::vector<std::string> seen;

  [[nodiscard]] std::optional<http::response> refuse_by_head(
      const http::request_head& head) const override {
    if (head.target() != "/no") return std::nullopt;
    return answer_with(403);
  }
  [[nodiscard]] std::uint64_t body_bytes_max(const http::request_head& head) const override {
    return head.target() == "/small" ? 16 : 4096;
  }
  [[nodiscard]] http::response turn_away(http::problem why, const http::request_head*,
                                         const std::string&) const override {
    return answer_with(400 + static_cast<unsigned>(why));
  }
  http::abandon handle(http::request what, http::responder answer) override {
    using http::proto::field;
    const auto lengths = what.count(field::content_length);
    const auto encodings = what.count(field::transfer_encoding);
    check_later(lengths <= 1 && encodings <= 1 && lengths + encodings <= 1,
                "a request has one end");
    check_later(what.body().size() <= 4096, "no body is longer than the limit");
    check_later(what.count(field::host) == 1 || what.target().starts_with("http"),
                "a request is for a host");
    const auto method = what.method_string();
    const auto target = what.target();
    seen.push_back(std::string{method.data(), method.size()} + " " +
                   std::string{target.data(), target.size()} + " " + what.body());
    answer(answer_with(200));
    return {};
  }

  /// What was wrong in a callback, where nothing may be thrown; "" = nothing.
  std::string broken;

private:
  static http::response answer_with(unsigned status) {
    http::response result;
    result.version(11);
    result.result(status);
    return result;
  }
  void check_later(bool holds, const char* what) {
    if (!holds && broken.empty()) broken = what;
  }
};

/// What a client sees and a server takes.
struct exchange {
  std::vector<std::string> requests;
  std::vector<std::string> answers;  // Their status lines.

  friend bool operator==(const exchange&, const exchange&) = default;
};

std::vector<std::string> status_lines(const std::string& received) {
  std::vector<std::string> lines;
  for (auto at = received.find("HTTP/1."); at != std::string::npos;
       at = received.find("HTTP/1.", at + 1))
    lines.push_back(received.substr(at, received.find('\r', at) - at));
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += "[" + line + "]";
  return text;
}

/// Whether the answers are the same. Half a head that is wrong is answered or not, before its
/// client goes, by how much of it the parser has looked at.
bool are_alike(std::vector<std::string> some, std::vector<std::string> others) {
  if (some.size() > others.size()) std::swap(some, others);
  if (some.size() + 1 == others.size() && others.back().starts_with("HTTP/1.1 400"))
    others.pop_back();
  return some == others;
}

/// Sends the parts one after the other, each when the server has nothing left to do.
exchange talk(const std::vector<std::string_view>& parts) {
  std::array<int, 2> ends{};
  check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0,
        "there are sockets");
  asio::io_context context{1};
  recorder answers;
  const http::session_rules rules{.answers = answers,
                                  .doors = {"http", "localhost", {}},
                                  .limits = {.head_bytes_max = 2048},
                                  .tls = nullptr};
  asio::ip::tcp::socket socket{context};
  socket.assign(asio::ip::tcp::v4(), ends[0]);
  bool ended = false;
  std::make_shared<http::session>(std::move(socket), rules)->start([&ended] { ended = true; });
  std::string received;
  const auto take = [&] {
    std::array<char, 4096> bytes{};
    for (ssize_t got; (got = ::read(ends[1], bytes.data(), bytes.size())) > 0;)
      received.append(bytes.data(), static_cast<std::size_t>(got));
  };
  context.poll();
  for (const std::string_view part : parts) {
    [[maybe_unused]] const auto sent = ::send(ends[1], part.data(), part.size(), MSG_NOSIGNAL);
    context.restart();
    context.poll();
    take();
  }
  ::shutdown(ends[1], SHUT_WR);
  context.restart();
  context.run_for(10s);
  take();
  ::close(ends[1]);
  check(ended, "a connection ends when its client has gone");
  check(answers.broken.empty(), answers.broken);
  return {answers.seen, status_lines(received)};
}

}  // namespace

void http_session(std::string_view input) {
  reader from{input.substr(0, input_max)};
  const std::size_t first = from.byte();
  const std::size_t second = from.byte();
  const auto text = from.rest();
  const auto whole = talk({text});
  check(whole.answers.size() >= whole.requests.size(), "every request is answered");
  const auto at = std::min(text.size(), first);
  const auto then = std::min(text.size() - at, second);
  const auto parts = talk({text.substr(0, at), text.substr(at, then), text.substr(at + then)});
  check(parts.requests == whole.requests, "the same requests, in however many pieces they come");
  check(are_alike(whole.answers, parts.answers),
        "the same answers: " + joined(whole.answers) + ", in pieces " + joined(parts.answers));
}

}  // namespace fsm::fuzz
