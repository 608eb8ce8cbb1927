#include "http/session.hpp"

#include "http/head_text.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <exception>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace platform::http {

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

constexpr std::chrono::seconds goodbye_time{1};
constexpr std::chrono::seconds silence_max{2};
constexpr std::size_t first_read_bytes = 1024;
constexpr std::size_t buffer_bytes_max = std::size_t{128} * 1024;

auto with(beast::error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

// The client has gone, or is cut off because it was too slow: there is nobody to answer.
bool is_end(const beast::error_code& error) {
  return error == proto::error::end_of_stream || error == proto::error::partial_message ||
         error == beast::error::timeout || error == asio::error::operation_aborted ||
         error == asio::error::connection_reset || error == asio::error::broken_pipe;
}

// Where two readers of one request could find different ends, there is room for a hidden one.
bool is_framing_plain(const request_head& head) {
  const auto count = head.count(proto::field::transfer_encoding);
  if (count == 0) return true;
  return count == 1 && head.version() == 11 &&
         beast::iequals(head[proto::field::transfer_encoding], "chunked");
}

// Fields that come after a chunked body would count like those before it, which have been checked.
auto count_fields(const request_head& head) { return std::distance(head.begin(), head.end()); }

// Brings an answer back to the connection's thread, once; says that there is none when all copies
// are gone.
class reply_once {
public:
  reply_once(asio::any_io_executor where, responder resume, const handler& answers)
      : where_{std::move(where)}, resume_{std::move(resume)}, answers_{answers} {}
  reply_once(const reply_once&) = delete;
  reply_once& operator=(const reply_once&) = delete;
  ~reply_once() {
    if (!given_) give(answers_.turn_away(problem::no_answer, nullptr, {}));
  }

  void give(answer what) {
    if (given_.exchange(true)) return;
    asio::post(where_, [resume = std::move(resume_), what = std::move(what)]() mutable {
      resume(std::move(what));
    });
  }

private:
  asio::any_io_executor where_;
  responder resume_;
  const handler& answers_;
  std::atomic<bool> given_ = false;
};

// An answer without a body does not say how long that is.
void close_body(response& what, bool head_only) {
  const bool none =
      what.result() == proto::status::no_content || what.result() == proto::status::not_modified;
  if (none || head_only) what.body().clear();
  if (!none) what.prepare_payload();
}

}  // namespace

session::session(asio::ip::tcp::socket socket, const session_rules& rules)
    : stream_{std::move(socket), rules.tls.get()}, buffer_{buffer_bytes_max}, rules_{rules} {}

void session::start(std::function<void()> ended) { launch(false, std::move(ended)); }

void session::start_refusing(std::function<void()> ended) { launch(true, std::move(ended)); }

void session::launch(bool refusing, std::function<void()> ended) {
  asio::co_spawn(
      stream_.get_executor(),
      [self = shared_from_this(), refusing] { return self->serve(refusing); },
      [self = shared_from_this(), ended = std::move(ended)](const std::exception_ptr&) {
        ended();
      });
}

void session::finish() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    self->finishing_ = true;
    self->end_stream();
    if (self->idle_) self->stream_.close();
  });
}

void session::close() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    self->finishing_ = true;
    self->end_stream();
    self->stream_.close();
  });
}

bool session::yield(std::chrono::milliseconds idle_min) {
  const std::chrono::steady_clock::duration since{idle_since_};
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  if (since.count() == 0 || now - since < idle_min || yielding_.exchange(true)) return false;
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    if (self->idle_) return self->stream_.close();
    self->yielding_ = false;  // A request came first.
  });
  return true;
}

session::awaitable<void> session::serve(bool refusing) {
  beast::error_code ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay{true}, ignored);
  const bool greeted = !stream_.is_secure() || co_await shake_hands();
  while (greeted && !finishing_ && co_await wait_for_request()) {
    if (!co_await serve_one(refusing)) break;
  }
  if (unread_) co_await drain();
  if (greeted && stream_.is_secure()) co_await say_goodbye();
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  stream_.close();
}

session::awaitable<bool> session::shake_hands() {
  beast::error_code error;
  stream_.expires_after(rules_.limits.head_time);
  co_await stream_.async_handshake(with(error));
  co_return !error;
}

// True when there is something to read.
session::awaitable<bool> session::wait_for_request() {
  if (buffer_.size() > 0) co_return true;
  buffer_.shrink_to_fit();
  beast::error_code error;
  idle_ = true;
  idle_since_ = std::chrono::steady_clock::now().time_since_epoch().count();
  stream_.expires_after(rules_.limits.idle);
  const auto size =
      co_await stream_.async_read_some(buffer_.prepare(first_read_bytes), with(error));
  idle_ = false;
  idle_since_ = 0;
  buffer_.commit(size);
  co_return !error;
}

// True when the connection can take a further request.
session::awaitable<bool> session::serve_one(bool refusing) {
  ++request_;
  parser in;
  in.header_limit(rules_.limits.head_bytes_max);
  in.body_limit(boost::none);  // Checked when it is known what the request asks for.
  unread_ = true;
  auto refusal = co_await read_head(in);
  if (!stream_.socket().is_open()) co_return false;
  if (!refusal && refusing) refusal = turn_away(problem::overloaded, &in);
  if (!refusal) refusal = co_await read_body(in);
  if (!stream_.socket().is_open()) co_return false;
  if (refusal) {
    refusal->keep_alive(false);
    co_await write(*std::move(refusal), in.get().method() == proto::verb::head);
    co_return false;
  }
  unread_ = false;
  const bool head_only = in.get().method() == proto::verb::head;
  const bool keep = in.get().keep_alive();
  const auto version = in.get().version();
  auto answer = co_await ask(in.release());
  answer.version(version);
  const bool streams = answer.stream && !head_only;
  // Without chunks only the end of the connection tells the end of the answer.
  const bool ends = streams && version == 10;
  answer.keep_alive(keep && !ends && !finishing_);
  const bool written = streams ? co_await write_stream(std::move(answer))
                               : co_await write(std::move(answer), head_only);
  if (ends) co_return false;
  co_return written&& keep && !finishing_;
}

session::awaitable<std::optional<response>> session::read_head(parser& in) {
  beast::error_code error;
  stream_.expires_after(rules_.limits.head_time);
  co_await proto::async_read_header(stream_, buffer_, in, with(error));
  if (is_end(error)) stream_.close();
  if (is_end(error)) co_return std::nullopt;
  if (error) co_return explain(error, in);
  if (auto objection = rules_.doors.objection(in.get())) {
    co_return turn_away(problem::foreign, &in, *objection);
  }
  co_return rules_.answers.refuse_by_head(in.get().base());
}

session::awaitable<std::optional<response>> session::read_body(parser& in) {
  if (finishing_) co_return turn_away(problem::stopping, &in);
  if (!is_framing_plain(in.get())) {
    co_return turn_away(problem::malformed, &in, "The Transfer-Encoding is not understood.");
  }
  if (in.is_done()) co_return std::nullopt;  // As most requests that read.
  const auto bytes_max = rules_.answers.body_bytes_max(in.get());
  const auto length = in.content_length();
  if (length && *length > bytes_max) {
    co_return turn_away(problem::body_too_large, &in, std::to_string(*length));
  }
  in.body_limit(bytes_max);
  beast::error_code error;
  allow(0);
  if (const auto expected = in.get()[proto::field::expect]; !expected.empty()) {
    if (!beast::iequals(expected, "100-continue")) {
      co_return turn_away(problem::malformed, &in, "The Expect field is not understood.");
    }
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await asio::async_write(stream_, asio::buffer(go_on), with(error));
  }
  const auto fields = count_fields(in.get());
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t got = 0; !error && !in.is_done();) {
    stream_.expires_at(start + time_for(got));
    got += co_await proto::async_read_some(stream_, buffer_, in, with(error));
  }
  if (error == proto::error::body_limit) {
    co_return turn_away(problem::body_too_large, &in, std::to_string(bytes_max + 1));
  }
  if (is_end(error)) stream_.close();
  if (error && !is_end(error)) co_return explain(error, in);
  if (!error && count_fields(in.get()) != fields) {
    co_return turn_away(problem::malformed, &in, "Fields after the body are not understood.");
  }
  co_return std::nullopt;
}

session::awaitable<answer> session::ask(request what) {
  stream_.expires_never();
  auto started = [this, &what](auto done) {
    // A responder is copied, what resumes a coroutine is not.
    auto held = std::make_shared<decltype(done)>(std::move(done));
    auto reply = std::make_shared<reply_once>(
        stream_.get_executor(), [held](answer given) { std::move (*held)(std::move(given)); },
        rules_.answers);
    auto give_up = rules_.answers.handle(std::move(what), [reply = std::move(reply)](answer given) {
      reply->give(std::move(given));
    });
    if (give_up) watch(std::move(give_up));
  };
  auto given = co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(answer)>(
      started, asio::use_awaitable);
  stop_watching();
  co_return given;
}

// Lets a stream come to its end, wherever it is.
void session::end_stream() {
  if (streaming_) streaming_->abandon();
}

session::awaitable<std::optional<std::string>> session::next_piece() {
  auto started = [this](auto done) {
    auto held = std::make_shared<decltype(done)>(std::move(done));
    streaming_->next([held, where = stream_.get_executor()](std::optional<std::string> piece) {
      asio::post(where, [held, piece = std::move(piece)]() mutable {
        std::move (*held)(std::move(piece));
      });
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&,
                                          void(std::optional<std::string>)>(started,
                                                                            asio::use_awaitable);
}

session::awaitable<bool> session::write_stream(answer what) {
  static constexpr std::string_view line_end = "\r\n";
  static constexpr std::string_view last_chunk = "0\r\n\r\n";
  const bool chunked = what.version() == 11;
  if (chunked) what.set(proto::field::transfer_encoding, "chunked");
  streaming_ = std::move(what.stream);
  if (finishing_) end_stream();
  beast::error_code error;
  allow(0);
  co_await asio::async_write(stream_, asio::buffer(head_text(what)), with(error));
  watch([source = streaming_] { source->abandon(); });
  while (!error) {
    stream_.expires_never();
    const auto piece = co_await next_piece();
    if (!piece) break;
    const auto size = chunked ? fmt::format("{:x}\r\n", piece->size()) : std::string{};
    const std::array<asio::const_buffer, 3> parts{asio::buffer(size), asio::buffer(*piece),
                                                  asio::buffer(chunked ? line_end : "")};
    allow(piece->size());
    co_await asio::async_write(stream_, parts, with(error));
  }
  stop_watching();
  end_stream();
  streaming_ = nullptr;
  allow(0);
  if (!error && chunked) co_await asio::async_write(stream_, asio::buffer(last_chunk), with(error));
  co_return !error;
}

session::awaitable<bool> session::write(response what, bool head_only) {
  beast::error_code error;
  close_body(what, head_only);
  allow(what.body().size());
  const auto head = head_text(what);
  const std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(what.body())};
  co_await asio::async_write(stream_, parts, with(error));
  co_return !error;
}

// Without it the peer could not tell an end from a cut.
session::awaitable<void> session::say_goodbye() {
  beast::error_code error;
  stream_.expires_after(goodbye_time);
  co_await stream_.async_shutdown(with(error));
}

// Takes what is left of a request that was refused. With TLS nothing can be read after the goodbye,
// so that the peer learns of the end of its answer only when it has fallen silent.
session::awaitable<void> session::drain() {
  beast::error_code error;
  if (!stream_.is_secure()) {
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
  }
  buffer_.clear();
  asio::steady_timer silence{stream_.get_executor()};
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t taken = 0; !error && taken < rules_.limits.drain_bytes_max;) {
    stream_.expires_at(start + time_for(taken));
    if (stream_.is_secure()) stop_reading_after(silence, silence_max);
    taken += co_await stream_.async_read_some(buffer_.prepare(buffer_bytes_max / 2), with(error));
  }
}

// Unlike the stream's own deadline this leaves the connection open.
void session::stop_reading_after(asio::steady_timer& timer, std::chrono::milliseconds span) {
  timer.expires_after(span);
  timer.async_wait([self = shared_from_this()](const beast::error_code& cancelled) {
    if (!cancelled) self->stream_.socket().cancel();
  });
}

response session::turn_away(problem why, const parser* in, const std::string& detail) const {
  const bool readable = in && in->is_header_done();
  return rules_.answers.turn_away(why, readable ? &in->get().base() : nullptr, detail);
}

response session::explain(const beast::error_code& error, const parser& in) const {
  if (error == proto::error::header_limit || error == proto::error::buffer_overflow) {
    return turn_away(problem::head_too_large, &in);
  }
  return turn_away(problem::malformed, &in, "The request is not HTTP: " + error.message() + ".");
}

// The time in which so many bytes must have passed.
std::chrono::milliseconds session::time_for(std::uint64_t bytes) const {
  const auto seconds = bytes / rules_.limits.bytes_per_second_min;
  return rules_.limits.body_time + std::chrono::seconds{static_cast<std::int64_t>(seconds)};
}

void session::allow(std::uint64_t bytes) { stream_.expires_after(time_for(bytes)); }

}  // namespace platform::http
