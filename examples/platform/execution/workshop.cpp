#include "execution/workshop.hpp"

#include "execution/environment_program/messages.hpp"
#include <fsm/quoted.hpp>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>
#include <utility>

namespace platform::execution {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds patience{3};
constexpr std::uint64_t megabyte = std::uint64_t{1} << 20U;
// Beyond its memory, so that only what allocates faster than it is looked at meets this limit.
constexpr std::uint64_t data_slack_mb = 1024;
// Of a control group, for what the kernel needs for it.
constexpr std::uint64_t group_slack_mb = 64;
constexpr std::uint64_t processes_max = 1024;
constexpr const char* files_max = "1024";

start_failure platform_failure(std::string message) {
  start_failure result;
  result.message = std::move(message);
  result.platform_failed = true;
  return result;
}

start_failure no_room() {
  auto result = platform_failure("there is no room for another execution environment");
  result.no_room = true;
  return result;
}

start_failure package_failure(fsm::reason_code why, std::string message) {
  start_failure result;
  result.why = why;
  result.type = "Runtime.InvalidPackage";
  result.message = std::move(message);
  return result;
}

invoke::outcome closed() {
  invoke::outcome result;
  result.broken = "the platform is being stopped";
  return result;
}

}  // namespace

workshop::workshop(process_options how, std::unique_ptr<workspace> place, sandbox walls,
                   std::unique_ptr<control_groups> groups, std::shared_ptr<fsm::clock> clock,
                   std::shared_ptr<spdlog::logger> log)
    : how_{std::move(how)},
      place_{std::move(place)},
      walls_{std::move(walls)},
      groups_{std::move(groups)},
      clock_{std::move(clock)},
      log_{std::move(log)},
      code_{io_, place_->path() / "code"},
      memory_{io_, log_, [this] { return environments(); }} {}

workshop::~workshop() { close(); }

void workshop::open(package_source packages) {
  code_.set_source(std::move(packages));
  // Processes end with the thread that has started them: this one starts them all.
  thread_ = std::thread{[this] { io_.run(); }};
  asio::post(io_, [this] { memory_.start(); });
}

void workshop::close() {
  {
    const std::lock_guard lock{mutex_};
    if (std::exchange(is_closed_, true)) return;
  }
  if (thread_.joinable()) {
    const auto all_gone = std::make_shared<std::promise<void>>();
    auto waits = all_gone->get_future();
    asio::post(io_, [this, all_gone] {
      const auto left = std::make_shared<std::size_t>(pools_.size() + 1);
      const auto one_less = [left, all_gone] {
        if (--*left == 0) all_gone->set_value();
      };
      std::vector<pool*> all;
      all.reserve(pools_.size());
      for (const auto& [token, each] : pools_) all.push_back(each.get());
      for (auto* each : all) each->stop(one_less);
      one_less();
    });
    waits.wait_for(patience);
    io_.stop();
    thread_.join();
  }
  if (idle_alarm_ != 0) clock_->cancel(std::exchange(idle_alarm_, 0));
  memory_.join();
}

// --- from other threads --------------------------------------------------------------------------

void workshop::start(version what, fsm::completion done) {
  asio::post(io_, [self = weak_from_this(), what = std::move(what), done = std::move(done)] {
    const auto open = self.lock();
    if (!open) return;
    // Where no byte of code was ever given there is nothing to start, and nothing to get wrong.
    if (read_settings(what.name, *what.document).is_empty()) return done.succeeded();
    open->pool_of(what).prepare(done);
  });
}

void workshop::stop(const fsm::attempt_token& which, fsm::completion done) {
  asio::post(io_, [self = weak_from_this(), which, done = std::move(done)] {
    const auto open = self.lock();
    if (!open) return;
    const auto found = open->pools_.find(which);
    if (found == open->pools_.end()) return done.succeeded();
    found->second->stop([done] { done.succeeded(); });
  });
}

void workshop::run(job_ptr what) {
  {
    const std::lock_guard lock{mutex_};
    if (is_closed_) return what->finish(closed());
  }
  asio::post(io_, [self = weak_from_this(), what = std::move(what)] {
    const auto open = self.lock();
    if (!open) return what->finish(closed());
    const auto& on = what->what;
    const auto name = on.version == "$LATEST" ? on.function : on.function + ":" + on.version;
    open->pool_of({on.resource, name, on.document}).run(what);
  });
}

void workshop::cancel(const job_ptr& what) {
  asio::post(io_, [self = weak_from_this(), what] {
    const auto open = self.lock();
    if (!open || what->is_over()) return;
    const auto found = open->pools_.find(what->what.resource);
    if (found != open->pools_.end() && found->second->cancel(*what)) return;
    what->finish(closed());
  });
}

std::vector<fsm::attempt_token> workshop::held(const fsm::attempt_token& after,
                                               std::size_t limit) const {
  const std::lock_guard lock{mutex_};
  std::vector<fsm::attempt_token> result;
  for (auto at = held_.upper_bound(after); at != held_.end() && result.size() < limit; ++at)
    result.push_back(*at);
  return result;
}

// --- for the pools -------------------------------------------------------------------------------

pool& workshop::pool_of(const version& what) {
  auto& found = pools_[what.token];
  if (!found) {
    found =
        std::make_unique<pool>(io_, *this, what.token, read_settings(what.name, *what.document));
    const std::lock_guard lock{mutex_};
    held_.insert(what.token);
  }
  return *found;
}

void workshop::is_gone(const fsm::attempt_token& token) {
  {
    const std::lock_guard lock{mutex_};
    held_.erase(token);
  }
  std::erase(waiting_for_room_, token);
  pools_.erase(token);
}

void workshop::find_code(
    const settings& of, std::function<void(tl::expected<code_cache::folder, start_failure>)> done) {
  using fsm::reason_code;
  // Where does not matter: only whether it can be run.
  if (const auto known = runtimes_.command(of, {}); !known) {
    return done(
        tl::make_unexpected(package_failure(reason_code::invalid_runtime, known.error().message)));
  }
  if (!of.package) {
    return done(tl::make_unexpected(package_failure(
        reason_code::invalid_zip_file_exception, "The function has no code that is kept here.")));
  }
  code_.get(of.package->name, [done](fsm::expected<code_cache::folder> found) {
    if (found) return done(*std::move(found));
    const auto& why = found.error();
    if (why.code != fsm::errc::invalid_argument)
      return done(tl::make_unexpected(platform_failure(why.message)));
    done(tl::make_unexpected(package_failure(reason_code::invalid_zip_file_exception,
                                             "The package cannot be unpacked: " + why.message)));
  });
}

tl::expected<std::shared_ptr<environment>, start_failure> workshop::start_environment(
    const settings& of, const code_cache::folder& code, environment::owner& by) {
  std::uint32_t number = 0;
  if (!take_room(number)) return tl::make_unexpected(no_room());
  auto group = groups_->make(
      {.memory_bytes = (std::uint64_t{of.memory_mb} + of.scratch_mb + group_slack_mb) * megabyte,
       .processes = processes_max});
  cell walls{.number = number, .code = *code, .scratch_mb = of.scratch_mb};
  if (group && *group) walls.doors = (*group)->doors();
  const surroundings where{.region = how_.region,
                           .task_root = walls_.task_root(walls),
                           .runtime_folder = walls_.runtime_folder()};
  // A process's own limit counts the stack of each thread in full, so it is for want of a group's.
  const bool is_bounded = group && *group && (*group)->bounds_memory();
  const auto data_bytes =
      is_bounded ? std::string{} : std::to_string((of.memory_mb + data_slack_mb) * megabyte);
  auto words = group ? runtimes_.command(of, where) : fsm::unexpected(group.error());
  auto process = words ? launch(walls_.command(walls),
                                write_entry({.processes_max = std::to_string(processes_max),
                                             .files_max = files_max,
                                             .data_bytes_max = data_bytes,
                                             .folder = where.task_root,
                                             .words = *std::move(words),
                                             .variables = environment_variables(of, where)}),
                                walls_.open_filter())
                       : fsm::unexpected(words.error());
  if (!process) {
    if (group && *group) static_cast<void>((*group)->remove());
    give_room_back(number);
    log_->error("environment could not be started function={} error={}", fsm::quoted(of.function),
                fsm::quoted(process.error().message));
    return tl::make_unexpected(platform_failure(process.error().message));
  }
  log_->debug("environment started function={} version={} number={} process={}",
              fsm::quoted(of.function), of.version, number, process->id);
  return std::make_shared<environment>(environment_parts{.io = io_,
                                                         .clock = clock_,
                                                         .process = *std::move(process),
                                                         .number = number,
                                                         .memory_mb = of.memory_mb,
                                                         .start_timeout = how_.start_timeout,
                                                         .ends_as_one = walls_.is_on(),
                                                         .group = *std::move(group)},
                                       by);
}

std::vector<std::shared_ptr<environment>> workshop::environments() const {
  std::vector<std::shared_ptr<environment>> result;
  for (const auto& [token, pool] : pools_)
    result.insert(result.end(), pool->environments().begin(), pool->environments().end());
  return result;
}

void workshop::has_ended(environment& which) { give_room_back(which.number()); }

// What is given back belongs to those who wait for it, in order.
bool workshop::has_room() const {
  if (!offers_room_ && !waiting_for_room_.empty()) return false;
  return environments_ < how_.environments_max || !idle_.empty();
}

std::size_t workshop::coming_room(std::chrono::milliseconds at_most) const {
  std::size_t result = 0;
  for (const auto& [token, pool] : pools_) {
    for (const auto& each : pool->environments())
      result += each->is_between_invocations(at_most) || each->is_about_to_end(at_most) ? 1 : 0;
  }
  return result;
}

// When all room is taken the environment that has been idle longest gives way.
bool workshop::take_room(std::uint32_t& number) {
  if (!has_room()) return false;
  if (environments_ >= how_.environments_max) {
    const auto longest = idle_.front();
    giving_way_.insert(longest.which->number());
    --environments_;
    longest.of->let_go(*longest.which);
  }
  ++environments_;
  if (free_numbers_.empty()) {
    number = numbers_++;
  } else {
    number = free_numbers_.back();
    free_numbers_.pop_back();
  }
  return true;
}

void workshop::give_room_back(std::uint32_t number) {
  if (giving_way_.erase(number) == 0) --environments_;
  free_numbers_.push_back(number);
  room_came();
}

void workshop::wait_for_room(pool& which) {
  waiting_for_room_.push_back(which.token());
  log_->info("a start waits for room function={} version={} environments={}",
             fsm::quoted(which.what().function), which.what().version, environments_);
}

void workshop::room_came() {
  if (!waiting_for_room_.empty()) asio::post(io_, [this] { offer_room(); });
}

void workshop::offer_room() {
  offers_room_ = true;
  while (!waiting_for_room_.empty() && has_room()) {
    const auto next = waiting_for_room_.front();
    waiting_for_room_.pop_front();
    if (const auto found = pools_.find(next); found != pools_.end()) found->second->there_is_room();
  }
  offers_room_ = false;
}

// --- idle ones -----------------------------------------------------------------------------------

void workshop::is_idle(pool& of, environment& which) {
  which.idle_since = clock_->coarse_now();
  idle_places_[&which] = idle_.insert(idle_.end(), {&which, &of});
  room_came();
  plan_idle_alarm();
}

void workshop::is_not_idle(environment& which) {
  const auto found = idle_places_.find(&which);
  if (found == idle_places_.end()) return;
  idle_.erase(found->second);
  idle_places_.erase(found);
}

// Not moved when its environment is used: when it rings it looks again.
void workshop::plan_idle_alarm() {
  if (idle_alarm_ != 0 || idle_.empty()) return;
  const auto when = idle_.front().which->idle_since + how_.idle_after;
  idle_alarm_ = clock_->call_at(when, [self = weak_from_this()] {
    if (const auto open = self.lock())
      asio::post(open->io_, [self] {
        if (const auto still = self.lock()) still->stop_idle();
      });
  });
}

void workshop::stop_idle() {
  idle_alarm_ = 0;
  const auto now = clock_->now();
  while (!idle_.empty() && idle_.front().which->idle_since + how_.idle_after <= now) {
    const auto longest = idle_.front();
    longest.of->let_go(*longest.which);
  }
  plan_idle_alarm();
}

}  // namespace platform::execution
