#pragma once

#include "http/session.hpp"
#include <fsm/expected.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <spdlog/logger.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace platform::http {

/// What a server has to know.
struct server_options {
  std::string host = "127.0.0.1";
  /// 0 = any free one.
  std::uint16_t port = 0;
  /// Further hosts that requests may name; see `guard`.
  std::vector<std::string> allowed_hosts;
  /// 0 = one per core.
  std::size_t threads = 0;
  /// Files that the rest of the process may have open; the store's tables are up to 384.
  std::size_t files_for_others = 512;
  struct limits limits;
  /// See `open_tls`; null = without TLS.
  std::shared_ptr<boost::asio::ssl::context> tls;
};

/// An HTTP/1.1 server: a few threads, each with its share of the connections.
class server {
public:
  /// Opens the address; who connects waits for `start`. Raises the number of files the process may
  /// have open, and says so in the log when that is not enough for `limits::connections_max`, which
  /// is then lowered. An address that cannot be opened is an error, and not logged.
  [[nodiscard]] static fsm::expected<std::unique_ptr<server>> open(
      server_options options, std::shared_ptr<spdlog::logger> log);

  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server();

  /// Where it listens: "http://127.0.0.1:9001", or "https:" with TLS.
  [[nodiscard]] std::string url() const;
  /// How many connections there may be, see `open`.
  [[nodiscard]] std::size_t connections_max() const noexcept {
    return options_.limits.connections_max;
  }
  /// Serves, on threads of its own, until `stop`; the handler must be there until then.
  void start(handler& answers);
  /// Takes no new connections and no new requests; requests that have arrived are answered.
  void refuse();
  /// Waits at most `patience` for the answers under way, then closes what is left and ends the
  /// threads. No answer may be given after it.
  void stop(std::chrono::milliseconds patience);

private:
  using tcp = boost::asio::ip::tcp;

  server(server_options options, std::shared_ptr<spdlog::logger> log);
  [[nodiscard]] std::string scheme() const;
  fsm::expected<void> listen();
  void fit_limits(std::size_t files);
  boost::asio::awaitable<void> accept();
  void add(tcp::socket socket);
  // With the lock held: has an idle session closed, if one is found.
  [[nodiscard]] bool make_room();
  void removed(std::uint64_t id);
  template <class Action>
  void for_each_session(Action action);

  server_options options_;
  std::optional<session_rules> rules_;  // Once it has been started.
  const std::shared_ptr<spdlog::logger> log_;
  std::vector<std::unique_ptr<boost::asio::io_context>> contexts_;
  std::unique_ptr<tcp::acceptor> acceptor_;
  std::vector<std::thread> threads_;
  bool stopped_ = false;

  std::mutex mutex_;
  std::condition_variable all_gone_;
  std::map<std::uint64_t, std::shared_ptr<session>> sessions_;
  std::uint64_t looked_at_ = 0;  // The last that was looked at by make_room.
  std::uint64_t next_id_ = 0;
};

}  // namespace platform::http
