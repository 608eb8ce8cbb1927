#include "client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/json/parse.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace top {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;

namespace {

using namespace std::chrono_literals;

// The platform says something at least every 15 seconds.
constexpr std::chrono::seconds silence_max{40};
constexpr std::size_t event_bytes_max = std::size_t{4} * 1024 * 1024;

struct parts {
  bool secure = false;
  std::string host, port;
};

parts split(const std::string& url) {
  std::string_view rest{url};
  parts result;
  if (rest.starts_with("https://")) {
    result.secure = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    throw std::runtime_error{url + ": it must begin with http:// or https://"};
  }
  const auto slash = rest.find('/');
  if (slash != std::string_view::npos && slash + 1 != rest.size())
    throw std::runtime_error{url + ": it must not have a path"};
  rest = rest.substr(0, slash);
  const auto bracket = rest.rfind(']');
  const auto colon = rest.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  result.host = rest.substr(0, has_port ? colon : rest.size());
  result.port = has_port ? std::string{rest.substr(colon + 1)} : result.secure ? "443" : "80";
  if (result.host.starts_with('[') && result.host.ends_with(']'))
    result.host = result.host.substr(1, result.host.size() - 2);
  if (result.host.empty()) throw std::runtime_error{url + ": it names no host"};
  return result;
}

// One request, and its answer bit by bit. Everything has a deadline.
class connection {
public:
  explicit connection(const address& where) : where_{split(where.url)}, token_{where.token} {
    asio::ip::tcp::resolver resolver{context_};
    plain_.expires_after(10s);
    run([&](auto done) {
      resolver.async_resolve(
          where_.host, where_.port, [this, done](beast::error_code error, auto found) {
            if (error) return done(error);
            plain_.async_connect(found, [done](beast::error_code failed, auto) { done(failed); });
          });
    });
    if (!where_.secure) return;
    tls_.set_default_verify_paths();
    if (!where.ca_file.empty()) tls_.load_verify_file(where.ca_file);
    secure_ = std::make_unique<beast::ssl_stream<beast::tcp_stream&>>(plain_, tls_);
    secure_->set_verify_mode(asio::ssl::verify_peer);
    secure_->set_verify_callback(asio::ssl::host_name_verification{where_.host});
    SSL_set_tlsext_host_name(secure_->native_handle(), where_.host.c_str());
    run([&](auto done) { secure_->async_handshake(asio::ssl::stream_base::client, done); });
  }

  void ask(const std::string& target) {
    http::request<http::empty_body> request{http::verb::get, target, 11};
    request.set(http::field::host, where_.host + ":" + where_.port);
    if (!token_.empty()) request.set(http::field::authorization, "Bearer " + token_);
    with_stream([&](auto& to) {
      run([&](auto done) {
        http::async_write(to, request,
                          [done](beast::error_code error, std::size_t) { done(error); });
      });
      parser_.body_limit(boost::none);
      run([&](auto done) {
        http::async_read_header(to, buffer_, parser_,
                                [done](beast::error_code error, std::size_t) { done(error); });
      });
    });
    const auto status = parser_.get().result_int();
    if (status == 403)
      throw refused{"the platform wants the admin token (--token, FSM_ADMIN_TOKEN)"};
    if (status == 400) throw refused{"the platform answered 400: " + reason()};
    if (status != 200) throw std::runtime_error{"the platform answered " + std::to_string(status)};
  }

  // The next bytes of the body; "" when nothing came in a quarter of a second.
  std::string more() {
    auto text = digest();
    // A read that is under way must not outlive its buffer: so the socket is looked at first.
    if (!text.empty() || ended() || !has_bytes(250ms)) return text;
    with_stream([&](auto& from) {
      beast::get_lowest_layer(from).expires_after(10s);
      run([&](auto done) {
        from.async_read_some(buffer_.prepare(piece_bytes),
                             [this, done](beast::error_code error, std::size_t count) {
                               buffer_.commit(count);
                               done(error);
                             });
      });
    });
    return digest();
  }

  [[nodiscard]] bool ended() const { return parser_.is_done(); }

private:
  static constexpr std::size_t piece_bytes = 16'384;

  // What the body is told in the bytes that have come: some of them only say where a chunk ends.
  std::string digest() {
    std::string text;
    std::array<char, piece_bytes> bytes{};
    while (buffer_.size() != 0 && !ended()) {
      parser_.get().body().data = bytes.data();
      parser_.get().body().size = bytes.size();
      beast::error_code error;
      const auto taken = parser_.put(buffer_.data(), error);
      buffer_.consume(taken);
      text.append(bytes.data(), bytes.size() - parser_.get().body().size);
      if (error == http::error::need_more) break;
      if (error && error != http::error::need_buffer) throw std::runtime_error{error.message()};
      if (taken == 0 && !error) break;
    }
    return text;
  }

  // The message of an answer that is an error.
  std::string reason() {
    std::string body;
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    while (!ended() && std::chrono::steady_clock::now() < deadline) body += more();
    json::error_code problem;
    const auto parsed = json::parse(body, problem);
    const auto* all = problem ? nullptr : parsed.if_object();
    const auto* message = all ? all->if_contains("message") : nullptr;
    const auto* text = message ? message->if_string() : nullptr;
    return text ? std::string{text->c_str(), text->size()} : body;
  }

  template <class Use>
  void with_stream(Use use) {
    if (secure_) {
      use(*secure_);
    } else {
      use(plain_);
    }
  }

  // Runs one asynchronous step to its end, under the stream's deadline.
  template <class Start>
  void run(Start start) {
    beast::error_code result = asio::error::would_block;
    start([&result](beast::error_code error) { result = error; });
    context_.restart();
    context_.run();
    if (result) throw std::runtime_error{result.message()};
  }

  bool has_bytes(std::chrono::milliseconds patience) {
    if (secure_ && SSL_pending(secure_->native_handle()) > 0) return true;
    bool readable = false;
    plain_.socket().async_wait(asio::ip::tcp::socket::wait_read,
                               [&](beast::error_code error) { readable = !error; });
    context_.restart();
    context_.run_for(patience);
    if (!readable) {
      plain_.socket().cancel();
      context_.restart();
      context_.run();
    }
    return readable;
  }

  const parts where_;
  const std::string token_;
  asio::io_context context_;
  asio::ssl::context tls_{asio::ssl::context::tls_client};
  beast::tcp_stream plain_{context_};
  std::unique_ptr<beast::ssl_stream<beast::tcp_stream&>> secure_;
  beast::flat_buffer buffer_;
  http::response_parser<http::buffer_body> parser_;
};

// Takes the data of whole events of one kind from the front of `text`.
template <class Take>
void take_events(std::string& text, std::string_view kind, Take take) {
  for (auto end = text.find("\n\n"); end != std::string::npos; end = text.find("\n\n")) {
    const auto event = text.substr(0, end + 1);
    text.erase(0, end + 2);
    if (event.find("event: " + std::string{kind} + "\n") == std::string::npos) continue;
    const auto data = event.find("data: ");
    if (data == std::string::npos) continue;
    take(std::string_view{event}.substr(data + 6, event.find('\n', data) - data - 6));
  }
}

}  // namespace

json::object get_overview(const address& where) {
  connection to{where};
  to.ask("/_fsm/overview");
  std::string body;
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!to.ended() && std::chrono::steady_clock::now() < deadline) body += to.more();
  return json::parse(body).as_object();
}

void read_overviews(const address& where, const std::string& interval,
                    const std::function<void(json::object)>& take,
                    const std::function<bool()>& quit) {
  connection to{where};
  to.ask("/_fsm/events?transitions=off&overview=" + interval);
  std::string text;
  auto heard = std::chrono::steady_clock::now();
  while (!to.ended() && !quit()) {
    const auto bytes = to.more();
    const auto now = std::chrono::steady_clock::now();
    if (!bytes.empty()) heard = now;
    if (now - heard > silence_max) throw std::runtime_error{"the platform has fallen silent"};
    text += bytes;
    if (text.size() > event_bytes_max) throw std::runtime_error{"the platform sends no events"};
    take_events(text, "overview", [&](std::string_view data) {
      take(json::parse(boost::json::string_view{data.data(), data.size()}).as_object());
    });
  }
}

}  // namespace top
