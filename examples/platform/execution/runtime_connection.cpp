#include "execution/runtime_connection.hpp"

#include "execution/runtime_api.hpp"
#include "http/head_text.hpp"
#include "http/peek.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include <array>
#include <string_view>
#include <utility>

namespace platform::execution {

namespace beast = boost::beast;
using boost::asio::ip::tcp;

namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t head_bytes_max = 64U << 10U;
constexpr std::size_t piece_bytes = std::size_t{16} << 10U;
constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
// For a head, and for each piece of a body.
constexpr std::chrono::milliseconds progress_patience = 10s;
// What a peer may still send that has been refused: who is reset while it sends does not read why.
constexpr std::size_t farewell_bytes_max = std::size_t{16} << 20U;
constexpr std::chrono::milliseconds farewell_patience = 500ms;

}  // namespace

// A request most often comes in one piece: only what is left of one has its time.
void runtime_connection::begin() {
  parser_.emplace();
  parser_->eager(true);
  parser_->header_limit(head_bytes_max);
  parser_->body_limit(response_bytes_max);
  is_silent_ = true;
  if (buffer_.size() != 0) parse();
}

// Also while a request is answered, so that it is noticed when the other side goes. What comes then
// is of the next request, and waits.
void runtime_connection::receive() {
  is_receiving_ = true;
  socket_.async_read_some(
      buffer_.prepare(piece_bytes),
      [self = shared_from_this()](const boost::system::error_code& problem, std::size_t bytes) {
        self->is_receiving_ = false;
        if (problem) return self->end();
        self->buffer_.commit(bytes);
        if (self->is_seen_off_) return self->throw_away();
        if (!self->is_asked_) self->parse();
      });
}

void runtime_connection::parse() {
  const bool begins = std::exchange(is_silent_, false);
  const bool had_head = parser_->is_header_done();
  boost::system::error_code problem;
  buffer_.consume(parser_->put(buffer_.data(), problem));
  if (problem == http::proto::error::body_limit) return refuse_size();
  if (problem && problem != http::proto::error::need_more) return end();
  if (parser_->is_done()) return take();
  const bool has_head = parser_->is_header_done();
  if (begins || has_head) end_after(progress_patience);
  has_head && !had_head ? go_on_after_head() : receive();
}

void runtime_connection::go_on_after_head() {
  if (!handler_) return;
  if (auto no = handler_->refuses(parser_->get())) return refuse(*std::move(no));
  if (!beast::iequals(parser_->get()[http::proto::field::expect], "100-continue")) return receive();
  boost::asio::async_write(
      socket_, boost::asio::buffer(go_on),
      [self = shared_from_this()](const boost::system::error_code& problem, std::size_t) {
        problem ? self->end() : self->receive();
      });
}

void runtime_connection::take() {
  wait_for_ever();
  closes_ = !parser_->get().keep_alive();
  is_asked_ = true;
  if (handler_) handler_->asked(shared_from_this(), parser_->get());
  if (buffer_.size() == 0) receive();
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
  response_ = std::move(what);
  if (closes_) response_.keep_alive(false);
  head_ = http::head_text(response_);
  const std::array<boost::asio::const_buffer, 2> parts{boost::asio::buffer(head_),
                                                       boost::asio::buffer(response_.body())};
  boost::asio::async_write(
      socket_, parts,
      [self = shared_from_this()](const boost::system::error_code& problem, std::size_t) {
        if (problem) return self->end();
        self->is_asked_ = false;
        self->closes_ ? self->see_off() : self->begin();
      });
}

bool runtime_connection::peer_has_gone() {
  return !socket_.is_open() || http::peek(socket_.native_handle()) == http::peeked::end;
}

// What still comes is thrown away for a while, so that the peer sees the answer.
void runtime_connection::see_off() {
  is_silent_ = true;
  is_seen_off_ = true;
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  end_after(farewell_patience);
  if (!is_receiving_) throw_away();
}

void runtime_connection::throw_away() {
  thrown_away_ += buffer_.size();
  buffer_.clear();
  if (thrown_away_ > farewell_bytes_max) return end();
  receive();
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
