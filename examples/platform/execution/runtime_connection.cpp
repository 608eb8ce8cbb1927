#include "execution/runtime_connection.hpp"

#include "execution/runtime_api.hpp"
#include "http/peek.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <string_view>
#include <utility>

namespace platform::execution {

namespace beast = boost::beast;
using boost::asio::ip::tcp;

namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t head_bytes_max = 64U << 10U;
constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
// For a head, and for each piece of a body.
constexpr std::chrono::milliseconds progress_patience = 10s;
// What a peer may still send that has been refused: who is reset while it sends does not read why.
constexpr std::size_t farewell_bytes_max = std::size_t{16} << 20U;
constexpr std::size_t farewell_piece = std::size_t{64} << 10U;
constexpr std::chrono::milliseconds farewell_patience = 500ms;

}  // namespace

void runtime_connection::read() {
  parser_.emplace();
  parser_->eager(true);
  parser_->header_limit(head_bytes_max);
  parser_->body_limit(response_bytes_max);
  if (buffer_.size() != 0) return read_head();
  is_silent_ = true;
  wait_for_ever();
  socket_.async_wait(tcp::socket::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& problem) {
                       if (problem || !self->socket_.is_open()) return self->end();
                       switch (http::peek(self->socket_.native_handle())) {
                         case http::peeked::nothing: return self->read();
                         case http::peeked::bytes: return self->read_head();
                         case http::peeked::end: return self->end();
                       }
                     });
}

void runtime_connection::read_head() {
  is_silent_ = false;
  end_after(progress_patience);
  http::proto::async_read_header(
      socket_, buffer_, *parser_,
      [self = shared_from_this()](const boost::system::error_code& problem, std::size_t) {
        if (problem == http::proto::error::body_limit) return self->refuse_size();
        if (problem) return self->end();
        self->go_on_reading();
      });
}

void runtime_connection::go_on_reading() {
  if (parser_->is_done()) return take();
  if (!handler_) return;
  if (auto no = handler_->refuses(parser_->get())) return refuse(*std::move(no));
  if (!beast::iequals(parser_->get()[http::proto::field::expect], "100-continue"))
    return read_body();
  boost::asio::async_write(
      socket_, boost::asio::buffer(go_on),
      [self = shared_from_this()](const boost::system::error_code& problem, std::size_t) {
        problem ? self->end() : self->read_body();
      });
}

void runtime_connection::read_body() {
  end_after(progress_patience);
  http::proto::async_read_some(
      socket_, buffer_, *parser_,
      [self = shared_from_this()](const boost::system::error_code& problem, std::size_t) {
        if (problem == http::proto::error::body_limit) return self->refuse_size();
        if (problem) return self->end();
        self->parser_->is_done() ? self->take() : self->read_body();
      });
}

void runtime_connection::take() {
  wait_for_ever();
  closes_ = !parser_->get().keep_alive();
  if (handler_) handler_->asked(shared_from_this(), parser_->get());
}

void runtime_connection::refuse(http::response answer) {
  closes_ = true;  // The rest of the body is not read.
  this->answer(std::move(answer));
}

void runtime_connection::refuse_size() {
  closes_ = true;
  if (handler_) handler_->asked_too_much(shared_from_this(), parser_->get());
}

void runtime_connection::answer(http::response what) {
  ++watches_;
  response_ = std::move(what);
  if (closes_) response_.keep_alive(false);
  http::proto::async_write(
      socket_, response_,
      [self = shared_from_this()](const boost::system::error_code& problem, std::size_t) {
        if (problem) return self->end();
        self->closes_ ? self->see_off() : self->read();
      });
}

void runtime_connection::watch() {
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this(), which = ++watches_](
                                                 const boost::system::error_code& problem) {
    if (problem || which != self->watches_) return;
    switch (http::peek(self->socket_.native_handle())) {
      case http::peeked::nothing: return self->watch();
      case http::peeked::bytes: return;  // It is read when this request has been answered.
      case http::peeked::end: return self->end();
    }
  });
}

bool runtime_connection::peer_has_gone() {
  return !socket_.is_open() || http::peek(socket_.native_handle()) == http::peeked::end;
}

// What still comes is thrown away for a while, so that the peer sees the answer.
void runtime_connection::see_off() {
  is_silent_ = true;
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  end_after(farewell_patience);
  throw_away();
}

void runtime_connection::throw_away() {
  buffer_.clear();
  socket_.async_read_some(
      buffer_.prepare(farewell_piece),
      [self = shared_from_this()](const boost::system::error_code& problem, std::size_t bytes) {
        self->thrown_away_ += bytes;
        if (problem || self->thrown_away_ > farewell_bytes_max) return self->end();
        self->throw_away();
      });
}

void runtime_connection::end_after(std::chrono::milliseconds time) {
  deadline_.expires_after(time);
  deadline_.async_wait([self = shared_from_this()](const boost::system::error_code& problem) {
    // It may have been moved when this was on its way already.
    if (!problem && self->deadline_.expiry() <= std::chrono::steady_clock::now()) self->end();
  });
}

void runtime_connection::wait_for_ever() {
  deadline_.expires_at(std::chrono::steady_clock::time_point::max());
}

void runtime_connection::end() {
  auto* const tell = handler_;
  close();
  if (tell) tell->lost(shared_from_this());
}

void runtime_connection::close() {
  handler_ = nullptr;
  wait_for_ever();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace platform::execution
