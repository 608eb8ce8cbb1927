#pragma once

#include "http/guard.hpp"
#include "http/limits.hpp"
#include "http/message.hpp"
#include "http/transport.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace platform::http {

/// What all sessions of a server share. Outlives them.
struct session_rules {
  handler& answers;
  guard doors;
  struct limits limits;
  /// Null = without TLS.
  std::shared_ptr<boost::asio::ssl::context> tls;
};

/// One connection: reads requests one after the other, answers each before it reads the next (so
/// answers to pipelined requests keep their order), and closes when the client does, breaks a rule,
/// or is too slow. Lives on its socket's executor, which must run on one thread.
class session : public std::enable_shared_from_this<session> {
public:
  session(boost::asio::ip::tcp::socket socket, const session_rules& rules);

  /// Serves the connection; `ended` is called when that is over.
  void start(std::function<void()> ended);
  /// Answers the first request with 503 and closes. For a connection that is one too many.
  void start_refusing(std::function<void()> ended);
  /// Takes no new request: closes now when idle, else after the answer. Any thread.
  void finish();
  /// Closes now. Any thread.
  void close();
  /// Closes if it has been idle for so long, to make room for another one; true if it will, but for
  /// a request that arrives just then. Any thread.
  [[nodiscard]] bool yield(std::chrono::milliseconds idle_min);

private:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;
  using parser = proto::request_parser<proto::string_body>;

  void launch(bool refusing, std::function<void()> ended);
  awaitable<void> serve(bool refusing);
  awaitable<bool> serve_one(bool refusing);
  awaitable<bool> shake_hands();
  awaitable<bool> wait_for_request();
  awaitable<std::optional<response>> read_head(parser& in);
  awaitable<std::optional<response>> read_body(parser& in);
  awaitable<answer> ask(request what);
  awaitable<bool> write(response what, bool head_only);
  awaitable<bool> write_stream(answer what);
  awaitable<std::optional<std::string>> next_piece();
  void watch(abandon give_up);
  void stop_watching();
  void end_stream();
  awaitable<void> drain();
  awaitable<void> say_goodbye();
  void stop_reading_after(boost::asio::steady_timer& timer, std::chrono::milliseconds span);
  [[nodiscard]] response turn_away(problem why, const parser* in,
                                   const std::string& detail = {}) const;
  [[nodiscard]] response explain(const boost::beast::error_code& error, const parser& in) const;
  awaitable<void> watch_peer(abandon give_up, std::uint64_t request);
  [[nodiscard]] std::chrono::milliseconds time_for(std::uint64_t bytes) const;
  void allow(std::uint64_t bytes);

  transport stream_;
  boost::beast::flat_buffer buffer_;
  const session_rules& rules_;
  bool finishing_ = false;
  bool idle_ = false;
  // The same for other threads: since when, by the steady clock; 0 = it is not.
  std::atomic<std::chrono::steady_clock::rep> idle_since_{0};
  std::atomic<bool> yielding_{false};
  bool unread_ = false;  // A request was not read to its end: the rest is not a request.
  std::shared_ptr<stream_source> streaming_;  // What the answer under way comes from.
  bool watching_ = false;                     // It is watched whether the peer hangs up.
  std::uint64_t request_ = 0;                 // Counts requests.
};

}  // namespace platform::http
