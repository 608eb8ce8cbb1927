#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

/// \file
/// What the HTTP server and the one who answers its requests say to each other.

namespace platform::http {

/// The vocabulary: verbs, fields, statuses.
namespace proto = boost::beast::http;

using request_head = proto::request_header<>;
using request = proto::request<proto::string_body>;
using response = proto::response<proto::string_body>;

/// The rest of an answer whose body comes piece by piece. The server asks for one piece at a time,
/// when the one before has been written: so a stream takes the memory of one piece, and a reader
/// that is slow slows nobody else. One that takes nothing is cut off by the server's deadlines.
class stream_source {
public:
  /// Takes the next piece, which must not be empty; or nothing, when the body has ended. To be
  /// called once, from any thread.
  using taker = std::function<void(std::optional<std::string>)>;

  virtual ~stream_source() = default;

  /// Asks for the next piece. Must not block; the piece may take its time.
  virtual void next(taker give) = 0;
  /// Nobody reads any further: what was asked for is given at once, if only as the end. Any thread;
  /// may be called again.
  virtual void abandon() = 0;
};

/// The answer to a request.
struct answer : response {
  answer() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): it is an answer that is all there.
  answer(response all) : response{std::move(all)} {}
  answer(response head, std::shared_ptr<stream_source> rest)
      : response{std::move(head)}, stream{std::move(rest)} {}

  /// What comes in place of the body; null when the body is all there.
  std::shared_ptr<stream_source> stream;
};

/// Takes the answer to one request: to be called once, from any thread; later calls do nothing.
using responder = std::function<void(answer)>;

/// Says that nobody waits for the answer any more, so that there is no need to go on. Empty =
/// cannot be stopped. The answer may be given all the same.
using abandon = std::function<void()>;

/// Requests that the server turns away by itself, before anybody reads them.
enum class problem : std::uint8_t {
  malformed,       ///< Not HTTP, or HTTP that is not understood.
  head_too_large,  ///< More header fields than `limits::head_bytes_max`.
  body_too_large,  ///< More body than `handler::body_bytes_max` allows for this request.
  foreign,         ///< Meant for another host, or sent by another site.
  overloaded,      ///< Too many connections.
  stopping,        ///< The server is being stopped.
  no_answer,       ///< The handler gave up on the request without answering.
};

/// Answers requests. Called from all threads of the server at once; must not block.
class handler {
public:
  virtual ~handler() = default;

  /// The answer to a request that its head alone rules out: its body is not read. Nothing if it may
  /// go on.
  [[nodiscard]] virtual std::optional<response> refuse_by_head(const request_head& head) const = 0;

  /// How long the body of a request may be, in bytes.
  [[nodiscard]] virtual std::uint64_t body_bytes_max(const request_head& head) const = 0;

  /// The answer to a request that is turned away. `head` is null when it could not be read.
  /// `detail` says more, in words; for `body_too_large` it is the size of the body, in digits.
  [[nodiscard]] virtual response turn_away(problem why, const request_head* head,
                                           const std::string& detail) const = 0;

  /// Answers a request, now or later.
  virtual abandon handle(request what, responder answer) = 0;
};

}  // namespace platform::http
