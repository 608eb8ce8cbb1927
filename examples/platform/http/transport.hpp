#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace platform::http {

/// The bytes of one connection, with or without TLS: a stream for Asio and Beast, with one deadline
/// for whatever is under way.
class transport {
public:
  using executor_type = boost::beast::tcp_stream::executor_type;
  using tcp = boost::asio::ip::tcp;

  /// `tls` is null for a connection without it; else it must outlive the connection.
  transport(tcp::socket socket, boost::asio::ssl::context* tls) : plain_{std::move(socket)} {
    if (tls) secure_.emplace(plain_, *tls);
  }

  [[nodiscard]] executor_type get_executor() noexcept { return plain_.get_executor(); }
  [[nodiscard]] tcp::socket& socket() noexcept { return plain_.socket(); }
  [[nodiscard]] bool is_secure() const noexcept { return secure_.has_value(); }

  void expires_after(std::chrono::milliseconds span) { plain_.expires_after(span); }
  void expires_at(std::chrono::steady_clock::time_point when) { plain_.expires_at(when); }
  void expires_never() { plain_.expires_never(); }
  void close() { plain_.close(); }

  /// Agrees on keys. Only with TLS.
  template <class Token>
  auto async_handshake(Token&& token) {
    return secure_->async_handshake(boost::asio::ssl::stream_base::server,
                                    std::forward<Token>(token));
  }

  /// Says that no more bytes will follow, and waits for the peer to say so. Only with TLS.
  template <class Token>
  auto async_shutdown(Token&& token) {
    return secure_->async_shutdown(std::forward<Token>(token));
  }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& into, Token&& token) {
    if (secure_) return secure_->async_read_some(into, std::forward<Token>(token));
    return plain_.async_read_some(into, std::forward<Token>(token));
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& from, Token&& token) {
    if (secure_) return secure_->async_write_some(from, std::forward<Token>(token));
    return plain_.async_write_some(from, std::forward<Token>(token));
  }

private:
  boost::beast::tcp_stream plain_;
  std::optional<boost::asio::ssl::stream<boost::beast::tcp_stream&>> secure_;
};

}  // namespace platform::http
