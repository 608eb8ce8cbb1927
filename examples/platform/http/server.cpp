#include "http/server.hpp"

#include <fsm/quoted.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <sys/resource.h>
#include <utility>

namespace platform::http {

namespace asio = boost::asio;

namespace {

// Beyond the limit this many connections are still told that they are too many; further ones wait.
constexpr std::size_t refused_max = 64;
// Sessions that are looked at to make room for one more; those after them are the next one's.
constexpr std::size_t looks_max = 256;

// Raises the number of open files as far as that goes, and returns it.
std::size_t raise_open_files() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return 0;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  getrlimit(RLIMIT_NOFILE, &files);
  return files.rlim_cur;
}

}  // namespace

fsm::expected<std::unique_ptr<server>> server::open(server_options options,
                                                    std::shared_ptr<spdlog::logger> log) {
  if (options.threads == 0) options.threads = std::max(1U, std::thread::hardware_concurrency());
  const auto files = raise_open_files();
  std::unique_ptr<server> result{new server{std::move(options), std::move(log)}};
  if (auto listening = result->listen(); !listening) return fsm::unexpected(listening.error());
  result->fit_limits(files);
  return result;
}

server::server(server_options options, std::shared_ptr<spdlog::logger> log)
    : options_{std::move(options)}, log_{std::move(log)} {
  for (std::size_t i = 0; i < options_.threads; ++i) {
    contexts_.push_back(std::make_unique<asio::io_context>(1));
    // What it waits with is made with its first socket: not when there may be no descriptor left.
    const tcp::socket first{*contexts_.back()};
  }
}

server::~server() { stop(std::chrono::milliseconds{0}); }

fsm::expected<void> server::listen() {
  boost::system::error_code problem;
  tcp::resolver resolver{*contexts_.front()};
  const auto found =
      resolver.resolve(options_.host, std::to_string(options_.port),
                       tcp::resolver::passive | tcp::resolver::numeric_service, problem);
  acceptor_ = std::make_unique<tcp::acceptor>(*contexts_.front());
  const auto step = [&](auto action) {
    if (!problem) action();
  };
  const auto endpoint = problem ? tcp::endpoint{} : found.begin()->endpoint();
  step([&] { acceptor_->open(endpoint.protocol(), problem); });
  step([&] { acceptor_->set_option(tcp::acceptor::reuse_address{true}, problem); });
  step([&] { acceptor_->bind(endpoint, problem); });
  step([&] { acceptor_->listen(4096, problem); });
  if (!problem) return {};
  return fsm::unexpected(
      {.code = fsm::errc::invalid_argument,
       .message = options_.host + ":" + std::to_string(options_.port) + ": " + problem.message()});
}

void server::fit_limits(std::size_t files) {
  const auto others = options_.files_for_others;
  if (files >= options_.limits.connections_max + others) return;
  const auto room = files > 2 * others ? files - others : files / 2;
  log_->warn("open files capped limit={} connections_max={}", files, room);
  options_.limits.connections_max = std::max<std::size_t>(room, 1);
}

std::string server::scheme() const { return options_.tls ? "https" : "http"; }

std::string server::url() const {
  const auto endpoint = acceptor_->local_endpoint();
  const bool v6 = options_.host.find(':') != std::string::npos;
  const auto host = v6 ? "[" + options_.host + "]" : options_.host;
  return scheme() + "://" + host + ":" + std::to_string(endpoint.port());
}

void server::start(handler& answers) {
  rules_.emplace(session_rules{answers, guard{scheme(), options_.host, options_.allowed_hosts},
                               options_.limits, options_.tls});
  asio::co_spawn(*contexts_.front(), accept(), asio::detached);
  for (auto& each : contexts_) {
    threads_.emplace_back([context = each.get()] {
      const auto stay = asio::make_work_guard(*context);
      context->run();
    });
  }
}

boost::asio::awaitable<void> server::accept() {
  asio::steady_timer pause{*contexts_.front()};
  for (std::size_t turn = 0; acceptor_->is_open(); ++turn) {
    boost::system::error_code problem;
    auto socket = co_await acceptor_->async_accept(
        *contexts_[turn % contexts_.size()], asio::redirect_error(asio::use_awaitable, problem));
    if (!problem) {
      add(std::move(socket));
    } else if (acceptor_->is_open()) {
      log_->warn("accept failed error={}", fsm::quoted(problem.message()));
      pause.expires_after(std::chrono::milliseconds{100});
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, problem));
    }
  }
}

void server::add(tcp::socket socket) {
  auto one = std::make_shared<session>(std::move(socket), *rules_);
  std::uint64_t id = 0;
  bool too_many = false;
  {
    const std::lock_guard lock{mutex_};
    if (sessions_.size() >= rules_->limits.connections_max + refused_max) return;
    too_many = sessions_.size() >= rules_->limits.connections_max && !make_room();
    id = next_id_++;
    sessions_.emplace(id, one);
  }
  auto ended = [this, id] { removed(id); };
  if (too_many) return one->start_refusing(std::move(ended));
  one->start(std::move(ended));
}

bool server::make_room() {
  auto at = sessions_.upper_bound(looked_at_);
  for (std::size_t looks = 0; looks < std::min(looks_max, sessions_.size()); ++looks, ++at) {
    if (at == sessions_.end()) at = sessions_.begin();
    looked_at_ = at->first;
    if (at->second->yield(rules_->limits.yields_after)) return true;
  }
  return false;
}

void server::removed(std::uint64_t id) {
  const std::lock_guard lock{mutex_};
  sessions_.erase(id);
  if (sessions_.empty()) all_gone_.notify_all();
}

template <class Action>
void server::for_each_session(Action action) {
  const std::lock_guard lock{mutex_};
  for (auto& [id, each] : sessions_) action(*each);
}

void server::refuse() {
  asio::post(*contexts_.front(), [this] {
    boost::system::error_code ignored;
    acceptor_->close(ignored);
  });
  for_each_session([](session& each) { each.finish(); });
}

void server::stop(std::chrono::milliseconds patience) {
  if (std::exchange(stopped_, true)) return;
  refuse();
  const auto gone = [this] { return sessions_.empty(); };
  {
    std::unique_lock lock{mutex_};
    all_gone_.wait_for(lock, patience, gone);
  }
  for_each_session([](session& each) { each.close(); });
  {
    std::unique_lock lock{mutex_};
    if (!threads_.empty()) all_gone_.wait_for(lock, std::chrono::milliseconds{200}, gone);
  }
  for (auto& each : contexts_) each->stop();
  for (auto& each : threads_) each.join();
}

}  // namespace platform::http
