#include "http/peek.hpp"
#include "http/session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

// Whether the client hangs up while its answer is being made.

namespace platform::http {

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

constexpr std::chrono::seconds look_again_after{1};
// A client that has closed its side, with requests that nobody has read yet, most likely has gone:
// so often it is believed that it still reads.
constexpr std::size_t half_gone_looks = 60;

enum class peer : std::uint8_t { there, half_gone, gone };

// A client that only closes its own side of a connection without TLS may still wait for answers, as
// long as it has sent requests that were not read. A connection that was reset is closed, whatever
// is left to read.
peer look_at_peer(asio::ip::tcp::socket& socket, bool secure) {
  if (peek(socket.native_handle()) == peeked::end) return peer::gone;
  tcp_info info{};
  socklen_t length = sizeof(info);
  if (getsockopt(socket.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &length) != 0)
    return peer::gone;
  if (info.tcpi_state == TCP_CLOSE) return peer::gone;
  if (info.tcpi_state != TCP_CLOSE_WAIT) return peer::there;
  return secure ? peer::gone : peer::half_gone;
}

}  // namespace

void session::watch(abandon give_up) {
  watching_ = true;
  asio::co_spawn(
      stream_.get_executor(),
      [self = shared_from_this(), give_up = std::move(give_up), request = request_]() mutable {
        return self->watch_peer(std::move(give_up), request);
      },
      [self = shared_from_this()](const std::exception_ptr&) {});
}

void session::stop_watching() {
  if (watching_) stream_.socket().cancel();
  watching_ = false;
}

// Nobody reads meanwhile, so bytes that arrive are left where they are; with TLS the first of them
// may be the client's goodbye.
session::awaitable<void> session::watch_peer(abandon give_up, std::uint64_t request) {
  asio::steady_timer pause{stream_.get_executor()};
  for (std::size_t half_gone = 0;;) {
    beast::error_code error;
    co_await stream_.socket().async_wait(asio::ip::tcp::socket::wait_read,
                                         asio::redirect_error(asio::use_awaitable, error));
    if (error || request != request_ || !watching_) co_return;
    const auto found = look_at_peer(stream_.socket(), stream_.is_secure());
    if (found == peer::half_gone) ++half_gone;
    if (found == peer::gone || half_gone > half_gone_looks) break;
    pause.expires_after(look_again_after);
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (request != request_ || !watching_) co_return;
  }
  give_up();
}

}  // namespace platform::http
