#include "execution/runtime_connection.hpp"

#include "execution/runtime_api.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <string_view>
#include <utility>

namespace platform::execution {

namespace beast = boost::beast;

namespace {

constexpr std::uint32_t head_bytes_max = 64U << 10U;
constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

void runtime_connection::read() {
  parser_.emplace();
  parser_->eager(true);
  parser_->header_limit(head_bytes_max);
  parser_->body_limit(response_bytes_max);
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
  if (!beast::iequals(parser_->get()[http::proto::field::expect], "100-continue"))
    return read_body();
  boost::asio::async_write(
      socket_, boost::asio::buffer(go_on),
      [self = shared_from_this()](const boost::system::error_code& problem, std::size_t) {
        problem ? self->end() : self->read_body();
      });
}

void runtime_connection::read_body() {
  http::proto::async_read(
      socket_, buffer_, *parser_,
      [self = shared_from_this()](const boost::system::error_code& problem, std::size_t) {
        if (problem == http::proto::error::body_limit) return self->refuse_size();
        problem ? self->end() : self->take();
      });
}

void runtime_connection::take() {
  if (handler_) handler_->asked(shared_from_this(), parser_->get());
}

void runtime_connection::refuse_size() {
  closes_ = true;  // The rest of the body is not read.
  if (handler_) handler_->asked_too_much(shared_from_this(), parser_->get());
}

void runtime_connection::answer(http::response what) {
  response_ = std::move(what);
  http::proto::async_write(
      socket_, response_,
      [self = shared_from_this()](const boost::system::error_code& problem, std::size_t) {
        problem || self->closes_ ? self->end() : self->read();
      });
}

void runtime_connection::end() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  if (auto* tell = std::exchange(handler_, nullptr)) tell->lost(shared_from_this());
}

void runtime_connection::close() {
  handler_ = nullptr;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace platform::execution
