#include "serve.hpp"

#include "code/bucket_folder.hpp"
#include "code/code_keeper.hpp"
#include "execution/process_executor.hpp"
#include "execution/provider.hpp"
#include "feed.hpp"
#include "http/server.hpp"
#include "http/tls.hpp"
#include "invoke/engine.hpp"
#include "logs.hpp"
#include "metrics.hpp"
#include "overview.hpp"
#include "recovery_log.hpp"
#include "seed.hpp"
#include "stopper.hpp"
#include "storage.hpp"
#include "wire/digest.hpp"
#include "wire/limits.hpp"
#include "wire/resolve.hpp"
#include "wire/routes.hpp"
#include "wire/service.hpp"
#include "world.hpp"
#include <fsm/quoted.hpp>
#include <fsm/runtime.hpp>

#include <boost/asio/thread_pool.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

namespace platform {

namespace {

using namespace std::chrono_literals;

// They mostly wait: for the store, and for each other.
constexpr std::size_t workers = 16;

int reject(const std::string& flag, const std::string& rule) {
  std::cerr << one_line("fsm-platform: " + flag + ": " + rule) << std::endl;
  return 2;
}

int reject(const std::string& flag, const std::string& value, const std::string& rule) {
  return reject(flag, "'" + value + "': " + rule);
}

// Time never goes back, also not from one start to the next.
std::shared_ptr<fsm::manual_clock> make_virtual_clock(const flags& how) {
  if (!how.virtual_clock) return nullptr;
  auto result = std::make_shared<fsm::manual_clock>();
  const auto alive_at = last_alive(how);
  if (alive_at && *alive_at > result->now())
    result = std::make_shared<fsm::manual_clock>(*alive_at);
  return result;
}

fsm::options to_options(const flags& how, std::shared_ptr<fsm::store> store,
                        std::shared_ptr<fsm::resource_provider> provider,
                        std::shared_ptr<fsm::clock> clock,
                        std::shared_ptr<metrics::runtime_metrics> measured, const logs& all_logs,
                        std::size_t connections_max) {
  fsm::options result;
  result.store = std::move(store);
  result.provider = std::move(provider);
  result.clock = std::move(clock);
  result.idle_after = how.idle_after;
  result.provisioner.in_flight_max = how.max_provisioning;
  result.provisioner.queued_max = how.max_queued;
  result.provisioner.attempt_timeout = how.attempt_timeout;
  // Years of virtual time pass in one call.
  if (how.virtual_clock) result.provisioner.audit_interval = 24h;
  // Each holds a connection: half of them are left to others.
  result.waiters_max = std::max<std::size_t>(connections_max / 2, 1);
  result.threads = how.threads;
  result.observers = {std::make_shared<recovery_log>(all_logs.of(component::platform)),
                      std::move(measured)};
  result.log = all_logs.of(component::runtime);
  return result;
}

http::server_options to_server_options(const flags& how,
                                       std::shared_ptr<boost::asio::ssl::context> tls) {
  http::server_options result;
  result.tls = std::move(tls);
  result.host = how.host;
  result.port = how.port;
  result.allowed_hosts = how.allowed_hosts;
  result.threads = how.threads;
  if (how.runs_processes) {
    result.files_for_others +=
        execution::environments_max(how.max_environments) * execution::files_per_environment;
  }
  return result;
}

invoke::engine_options to_engine_options(const flags& how, fsm::runtime& functions,
                                         const std::shared_ptr<wire::account_book>& book,
                                         std::unique_ptr<invoke::event_store> events,
                                         std::shared_ptr<execution::executor> runs) {
  invoke::engine_options result;
  result.runs = std::move(runs);
  result.resolve = wire::event_resolver(functions);
  result.account_concurrency = static_cast<std::uint32_t>(how.account_concurrency);
  result.events = std::move(events);
  result.load = [&functions, book](fsm::concurrency_limiter& limiter) {
    return wire::load_attributes(functions, limiter, *book);
  };
  result.event_settings = [book](const std::string& function, const std::string& qualifier) {
    return book->events_of(function, qualifier);
  };
  return result;
}

wire::door_keys to_door_keys(const flags& how, const logs& all_logs) {
  wire::door_keys result{.access = std::nullopt, .admin_token = how.admin_token};
  if (how.access_key.empty()) return result;
  result.access = wire::access_key{how.access_key, how.secret_key};
  if (!result.admin_token.empty()) return result;
  result.admin_token = wire::random_token();
  // It goes where the log goes: who keeps that output keeps the token.
  all_logs.announce(
      "admin token, until the end of this process", "admin_token",
      how.log.json ? result.admin_token : "Authorization: Bearer " + result.admin_token);
  return result;
}

std::string not_empty(const std::string& data, std::uint64_t functions) {
  return "there are " + std::to_string(functions) + " functions in " + data +
         " already; leave the flag out, or give another --data or --memory";
}

// Null when there are none.
fsm::expected<std::unique_ptr<const code::bucket_folder>> open_buckets(const flags& how) {
  if (!how.s3_dir) return nullptr;
  auto opened = code::bucket_folder::open(*how.s3_dir);
  if (!opened) return fsm::unexpected(opened.error());
  return std::make_unique<const code::bucket_folder>(*std::move(opened));
}

code::keeper_options to_keeper_options(const flags& how) {
  code::keeper_options result;
  result.no_code_yet = how.seed_functions != 0;  // Seeds have none, and there is nobody else.
  return result;
}

seed_options to_seed_options(const flags& how) {
  seed_options result{.count = how.seed_functions, .tenant = how.account};
  // Those that wait, and one that has a place.
  result.at_once_max = std::min(result.at_once_max, how.max_queued + 1);
  return result;
}

// Runs functions as they are told, and is null otherwise.
fsm::expected<std::shared_ptr<execution::process_executor>> open_processes(
    const flags& how, const std::shared_ptr<fsm::clock>& clock, const logs& all_logs) {
  if (!how.runs_processes) return nullptr;
  using execution::group_use;
  using execution::network;
  const auto groups = how.control_groups == control_group_use::on    ? group_use::required
                      : how.control_groups == control_group_use::off ? group_use::off
                                                                     : group_use::automatic;
  return execution::make_process_executor(
      {.sandbox = {.on = how.sandbox,
                   .outside = how.function_network ? network::host : network::none},
       .groups = groups,
       .environments_max = how.max_environments,
       .idle_after = how.environment_idle_after,
       .region = how.region,
       .environment_program = execution::environment_program_beside_this()},
      clock, all_logs.of(component::invoke));
}

std::string scheme_of(const std::string& url) { return url.substr(0, url.find("://")); }

}  // namespace

// NOLINTNEXTLINE(readability-function-size): the parts of the platform, in the order they live in.
int serve(const flags& how) {
  stopper stop;  // First, so that a signal during the start is heeded.
  logs all_logs{how.log};
  const auto& log = all_logs.of(component::platform);
  world_settings settings;
  if (how.world_file) {
    auto read = read_world_file(*how.world_file);
    if (!read) return reject("--world", *how.world_file, read.error().message);
    settings = *std::move(read);
  }
  std::shared_ptr<boost::asio::ssl::context> tls;
  if (!how.tls_cert.empty()) {
    auto opened = http::open_tls(how.tls_cert, how.tls_key);
    if (!opened) return reject("--tls-cert, --tls-key", opened.error().message);
    tls = *std::move(opened);
  }
  const auto buckets = open_buckets(how);
  if (!buckets) return reject("--s3-dir", *how.s3_dir, buckets.error().message);
  // Before anything that logs, so that an address that is taken is all there is to read.
  auto server =
      http::server::open(to_server_options(how, std::move(tls)), all_logs.of(component::http));
  if (!server) {
    return reject("--listen", how.host + ":" + std::to_string(how.port), server.error().message);
  }
  auto store = make_store(how, all_logs.of(component::store));
  if (!store) return reject("--data", *how.data, store.error().message);
  const auto virtual_clock = make_virtual_clock(how);
  const std::shared_ptr<fsm::clock> clock =
      virtual_clock ? virtual_clock : fsm::make_system_clock();
  const auto processes = open_processes(how, clock, all_logs);
  if (!processes) return reject("--executor", "process", processes.error().message);
  const std::shared_ptr<execution::executor> executor =
      *processes ? *processes : execution::make_echo_executor();
  const auto cloud = std::make_shared<world>(std::move(settings), clock);
  const auto provider = std::make_shared<execution::provider>(cloud, executor);
  // Until it is known whether the store is empty, so that a refusal is all there is to read.
  if (how.seed_functions != 0) all_logs.hush(true);
  const auto measured = std::make_shared<metrics::runtime_metrics>();
  auto functions = fsm::runtime::start(to_options(how, *std::move(store), provider, clock, measured,
                                                  all_logs, (*server)->connections_max()));
  if (!functions) {
    if (how.data) return reject("--data", *how.data, functions.error().message);
    log->error("start failed error={}", fsm::quoted(functions.error().message));
    return 2;
  }
  measured->attach(*functions);
  request_metrics requests{wire::operation_names()};
  all_metrics all_measured{*measured, requests};
  const auto seeds = std::to_string(how.seed_functions);
  if (how.seed_functions != 0 && functions->size() != 0)
    return reject("--seed-functions", seeds, not_empty(*how.data, functions->size()));
  all_logs.hush(false);
  auto packages = make_code_store(how);
  if (!packages) return reject("--data", *how.data, packages.error().message);
  const auto book = std::make_shared<wire::account_book>();
  const auto counting = functions->watch(book);
  const auto events_feed = std::make_shared<feed>(functions->statistics().last_sequence);
  const auto feeding = functions->watch(events_feed);
  const auto lately = std::make_shared<overview>();
  const auto looking = functions->watch(lately);
  auto events = open_event_store(how);
  if (!events) return reject("--data", *how.data, events.error().message);
  auto invocations =
      invoke::engine::start(*functions, clock, all_logs.of(component::invoke),
                            to_engine_options(how, *functions, book, *std::move(events), executor));
  if (!invocations) return reject("--data", *how.data, invocations.error().message);
  const auto seeded = seed_functions(*functions, *cloud, to_seed_options(how), log,
                                     [&] { return stop.requested(); });
  if (!seeded) return reject("--seed-functions", seeds, seeded.error().message);
  boost::asio::thread_pool pool{workers};
  wire::function_locks locks;
  code::code_keeper keeper{*functions, *std::move(packages), to_keeper_options(how),
                           all_logs.of(component::code)};
  if (*processes)
    (*processes)->attach([&keeper](const code::digest& name) { return keeper.read(name); });
  const wire::site site{.functions = *functions,
                        .cloud = *cloud,
                        .invocations = **invocations,
                        .virtual_clock = virtual_clock.get(),
                        .workers = pool,
                        .log = all_logs.of(component::api),
                        .region = how.region,
                        .account = how.account,
                        .code = keeper,
                        .locks = locks,
                        .book = *book,
                        .events = *events_feed,
                        .lately = *lately,
                        .measured = all_measured,
                        .keys = to_door_keys(how, all_logs),
                        .buckets = buckets->get(),
                        .scheme = scheme_of((*server)->url())};
  wire::service service{site};
  if (!stop.requested()) {
    (*server)->start(service);
    std::cout << "listening on " << (*server)->url() << std::endl;
    log->info("started url={} clock={} functions={}", (*server)->url(),
              virtual_clock ? "virtual" : "system", functions->size());
  }
  stop.wait();
  log->info("stopping");
  (*server)->refuse();
  (*invocations)->stop();
  functions->stop(2s);  // Answers every waiter, so that its connection can end.
  (*server)->stop(1s);
  pool.join();
  site.timekeeper->join();
  keeper.stop();
  invocations->reset();
  server->reset();  // What is left of its streams still holds places in the feed.
  executor->close();
  measured->detach();
  // A checkpoint under way is waited for: it answers through what would be gone before the runtime.
  { const fsm::runtime last = *std::move(functions); }
  log->info("stopped");
  return 0;
}

}  // namespace platform
