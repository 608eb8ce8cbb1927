#pragma once

#include "http/message.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace platform::execution {

/// A connection over which a runtime asks for invocations and answers them, one request after the
/// other. Lives on the executor's thread.
class runtime_connection : public std::enable_shared_from_this<runtime_connection> {
public:
  using pointer = std::shared_ptr<runtime_connection>;

  /// Who answers. Told no more after `close`.
  class handler {
  public:
    virtual ~handler() = default;
    /// The answer to a request whose body need not be read; nothing if it may come.
    [[nodiscard]] virtual std::optional<http::response> refuses(const http::request_head& what) = 0;
    /// To be answered with `answer`, once, now or later.
    virtual void asked(const pointer& by, const http::request& what) = 0;
    /// A request with more body than a runtime may send; the connection is closed behind the
    /// answer.
    virtual void asked_too_much(const pointer& by, const http::request_head& what) = 0;
    /// The connection has ended.
    virtual void lost(const pointer& which) = 0;
  };

  runtime_connection(boost::asio::ip::tcp::socket socket, handler& by)
      : socket_{std::move(socket)}, deadline_{socket_.get_executor()}, handler_{&by} {}

  void start() {
    begin();
    receive();
  }
  void answer(http::response what);
  void close();

  /// Nobody would miss it just now: no request has begun, or all that matters has been said.
  [[nodiscard]] bool is_silent() const noexcept { return is_silent_; }
  [[nodiscard]] bool peer_has_gone();

private:
  using parser = http::proto::request_parser<http::proto::string_body>;

  void begin();
  void receive();
  void parse();
  void go_on_after_head();
  void take();
  void refuse(http::response answer);
  void refuse_size();
  void see_off();
  void throw_away();
  void end_after(std::chrono::milliseconds time);
  void wait_for_ever();
  void end();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer deadline_;
  handler* handler_;
  boost::beast::flat_buffer buffer_;
  std::optional<parser> parser_;
  std::string head_;  // Of the answer that is written.
  http::response response_;
  std::size_t thrown_away_ = 0;
  bool is_asked_ = false;  // Its request has been taken, and the answer not been written.
  bool is_receiving_ = false;
  bool closes_ = false;
  bool is_seen_off_ = false;  // All has been said.
  bool is_silent_ = true;
};

}  // namespace platform::execution
