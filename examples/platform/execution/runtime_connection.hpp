#pragma once

#include "http/message.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include <memory>
#include <optional>

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
    /// To be answered with `answer`, once, now or later.
    virtual void asked(const pointer& by, const http::request& what) = 0;
    /// A request with more body than a runtime may send; the connection is closed behind the
    /// answer.
    virtual void asked_too_much(const pointer& by, const http::request_head& what) = 0;
    /// The connection has ended.
    virtual void lost(const pointer& which) = 0;
  };

  runtime_connection(boost::asio::ip::tcp::socket socket, handler& by)
      : socket_{std::move(socket)}, handler_{&by} {}

  void start() { read(); }
  void answer(http::response what);
  void close();

private:
  using parser = http::proto::request_parser<http::proto::string_body>;

  void read();
  void go_on_reading();
  void read_body();
  void take();
  void refuse_size();
  void end();

  boost::asio::ip::tcp::socket socket_;
  handler* handler_;
  boost::beast::flat_buffer buffer_;
  std::optional<parser> parser_;
  http::response response_;
  bool closes_ = false;
};

}  // namespace platform::execution
