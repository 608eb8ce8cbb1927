#include "serve.hpp"

#include "http/server.hpp"
#include "seed.hpp"
#include "stopper.hpp"
#include "wire/service.hpp"
#include "world.hpp"
#include <fsm/runtime.hpp>

#include <boost/asio/thread_pool.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

namespace platform {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t workers = 2;

int reject(const std::string& flag, const std::string& value, const std::string& rule) {
  std::cerr << one_line("fsm-platform: " + flag + ": '" + value + "': " + rule) << std::endl;
  return 2;
}

fsm::options to_options(const flags& how, std::shared_ptr<world> cloud,
                        std::shared_ptr<fsm::clock> clock, std::shared_ptr<spdlog::logger> log) {
  fsm::options result;
  result.provider = std::move(cloud);
  result.clock = std::move(clock);
  result.idle_after = how.idle_after;
  result.provisioner.in_flight_max = how.max_provisioning;
  result.threads = how.threads;
  result.log = std::move(log);
  return result;
}

http::server_options to_server_options(const flags& how) {
  http::server_options result;
  result.host = how.host;
  result.port = how.port;
  result.allowed_hosts = how.allowed_hosts;
  result.threads = how.threads;
  return result;
}

}  // namespace

int serve(const flags& how) {
  stopper stop;  // First, so that a signal during the start is heeded.
  const auto log = spdlog::stderr_logger_mt("fsm-platform");
  world_settings settings;
  if (how.world_file) {
    auto read = read_world_file(*how.world_file);
    if (!read) return reject("--world", *how.world_file, read.error().message);
    settings = *std::move(read);
  }
  // Before anything that logs, so that an address that is taken is all there is to read.
  auto server = http::server::open(to_server_options(how), log);
  if (!server) {
    return reject("--listen", how.host + ":" + std::to_string(how.port), server.error().message);
  }
  const auto virtual_clock = how.virtual_clock ? std::make_shared<fsm::manual_clock>() : nullptr;
  const std::shared_ptr<fsm::clock> clock =
      virtual_clock ? virtual_clock : fsm::make_system_clock();
  const auto cloud = std::make_shared<world>(std::move(settings), clock);
  auto functions = fsm::runtime::start(to_options(how, cloud, clock, log));
  if (!functions) {
    log->error("start failed error=\"{}\"", functions.error().message);
    return 2;
  }
  boost::asio::thread_pool pool{workers};
  const wire::site site{*functions, *cloud,     virtual_clock.get(), pool,
                        log,        how.region, how.account};
  wire::service service{site};
  const auto seeded = seed_functions(*functions, *cloud, how.seed_functions, how.account, log,
                                     [&] { return stop.requested(); });
  if (!seeded)
    return reject("--seed-functions", std::to_string(how.seed_functions), seeded.error().message);
  if (!stop.requested()) {
    (*server)->start(service);
    std::cout << "listening on " << (*server)->url() << std::endl;
    log->info("started url={} clock={} functions={}", (*server)->url(),
              virtual_clock ? "virtual" : "system", functions->size());
  }
  stop.wait();
  log->info("stopping");
  (*server)->refuse();
  functions->stop(2s);  // Answers every waiter, so that its connection can end.
  (*server)->stop(1s);
  pool.join();
  log->info("stopped");
  return 0;
}

}  // namespace platform
