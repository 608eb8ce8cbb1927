#include "code/code_keeper.hpp"

#include "wire/digest.hpp"
#include <fsm/observer.hpp>
#include <fsm/quoted.hpp>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include <exception>
#include <utility>

namespace platform::code {

namespace asio = boost::asio;

namespace {

constexpr std::size_t threads = 2;
// Those who keep packages wait for no more removals than these.
constexpr std::size_t removals_at_once = 64;
constexpr std::size_t missing_logged_max = 20;
constexpr std::chrono::milliseconds pause_after_error{1000};

}  // namespace

// Outlives the keeper where the runtime does.
class code_keeper::watcher final : public fsm::observer {
public:
  explicit watcher(std::shared_ptr<code_ledger> ledger) : ledger_{std::move(ledger)} {}
  void on_transition(const fsm::transition& what) override { ledger_->on_transition(what); }

private:
  const std::shared_ptr<code_ledger> ledger_;
};

code_keeper::code_keeper(fsm::runtime& functions, std::unique_ptr<code_store> store,
                         keeper_options how, std::shared_ptr<spdlog::logger> log)
    : functions_{functions},
      store_{std::move(store)},
      how_{how},
      log_{std::move(log)},
      ledger_{std::make_shared<code_ledger>([this] { wake(); })},
      scan_{functions_, *ledger_},
      pool_{threads},
      pause_{pool_} {
  watching_ = functions_.watch(std::make_shared<watcher>(ledger_));
  wake();
}

code_keeper::~code_keeper() { stop(); }

void code_keeper::stop() {
  ledger_->silence();
  watching_.cancel();
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    pause_.cancel();
  }
  pool_.join();
}

// --- work ----------------------------------------------------------------------------------------

bool code_keeper::run(std::function<void()> work) {
  {
    const std::lock_guard lock{mutex_};
    if (stopped_ || work_ >= how_.work_max) return false;
  }
  post(std::move(work));
  return true;
}

// What is still to be done when the threads have ended is done at once.
void code_keeper::post(std::function<void()> work) {
  bool ended = false;
  {
    const std::lock_guard lock{mutex_};
    ++work_;
    ended = stopped_;
  }
  if (ended) return do_work(work);
  asio::post(pool_, [this, work = std::move(work)] { do_work(work); });
}

void code_keeper::do_work(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& problem) {
    log_->error("work on code failed error={}", fsm::quoted(problem.what()));
  }
  const std::lock_guard lock{mutex_};
  --work_;
  changed_.notify_all();
}

bool code_keeper::settle(std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, patience, [this] { return scanned_ && !tidying_ && work_ == 0; });
}

// --- packages ------------------------------------------------------------------------------------

fsm::expected<code_keeper::hold> code_keeper::keep(const package& which, std::string bytes) {
  auto held = ledger_->take(which, how_.bytes_max);
  if (!held) {
    return fsm::unexpected(
        {.code = fsm::errc::too_many_requests, .message = "there is too much code already"});
  }
  // The function cannot be kept either, and the caller hears why.
  if (!functions_.health()) return held;
  const std::shared_lock lock{removing_};
  const auto kept = store_->put(which.name, std::move(bytes));
  if (kept) return held;
  log_->error("package not kept sha256={} error={}", wire::hex_encode(which.name),
              fsm::quoted(kept.error().message));
  return fsm::unexpected(kept.error());
}

bool code_keeper::has_room(const package& which) const {
  return ledger_->has_room(which, how_.bytes_max);
}

fsm::expected<std::string> code_keeper::read(const digest& name) const {
  auto bytes = store_->get(name);
  if (!bytes && bytes.error().code != fsm::errc::not_found) {
    log_->error("package not read sha256={} error={}", wire::hex_encode(name),
                fsm::quoted(bytes.error().message));
  }
  return bytes;
}

void code_keeper::note(const fsm::function_view& view, const std::optional<package>& shown) {
  ledger_->note(view, shown);
}

void code_keeper::stop_removing() {
  if (!keeps_all_.exchange(true)) log_->warn("unused packages stay until the next start");
}

// --- checkpoints ---------------------------------------------------------------------------------

// From before the functions are copied until the packages are there, none may be removed.
void code_keeper::checkpoint(std::function<void(fsm::expected<std::string>)> done) {
  const auto begin = [this, done] {
    {
      const std::unique_lock lock{removing_};
      ++checkpoints_;
    }
    functions_.checkpoint([this, done](const fsm::expected<std::string>& name) {
      if (name) return post([this, done, name = *name] { add_packages(name, done); });
      let_remove();
      done(name);
    });
  };
  if (run(begin)) return;
  done(fsm::unexpected({.code = fsm::errc::too_many_requests,
                        .message = "too much work on code is waiting; try again"}));
}

void code_keeper::add_packages(const std::string& checkpoint,
                               const std::function<void(fsm::expected<std::string>)>& done) {
  const auto added = store_->copy_to(checkpoint);
  let_remove();
  if (added) return done(checkpoint);
  done(fsm::unexpected(
      {.code = fsm::errc::internal,
       .message = "the checkpoint " + checkpoint +
                  " has functions but not all packages: " + added.error().message}));
}

void code_keeper::let_remove() {
  {
    const std::unique_lock lock{removing_};
    --checkpoints_;
  }
  wake();
}

// --- removal -------------------------------------------------------------------------------------

void code_keeper::wake() {
  const std::lock_guard lock{mutex_};
  if (stopped_) return;
  if (std::exchange(tidying_, true)) return void(tidy_again_ = true);
  tidy_after(how_.pause);
}

void code_keeper::tidy_after(std::chrono::milliseconds pause) {
  pause_.expires_after(pause);
  pause_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) tidy();
  });
}

void code_keeper::tidy() {
  std::optional<std::chrono::milliseconds> next;
  try {
    next = look_up();
    if (remove_unused() && !next) next = how_.pause;
  } catch (const std::exception& problem) {
    log_->error("tidying up code failed error={}", fsm::quoted(problem.what()));
    next = pause_after_error;
  }
  const std::lock_guard lock{mutex_};
  const bool again = std::exchange(tidy_again_, false) || next;
  tidying_ = again && !stopped_;
  if (tidying_) tidy_after(next.value_or(how_.pause));
  changed_.notify_all();
}

// Looks up some of the functions whose packages are not known; when to go on with that.
std::optional<std::chrono::milliseconds> code_keeper::look_up() {
  if (!scanned_) {
    const auto last = how_.no_code_yet ? fsm::expected<bool>{true} : scan_.next_page();
    if (!last && last.error().code == fsm::errc::stopped) return std::nullopt;
    if (!last) return pause_after_error;
    if (*last) finish_scan();
    return how_.pause;
  }
  const bool any = scan_.look_up_unknown();
  if (ledger_->unknown(1).empty()) return std::nullopt;
  return any ? how_.pause : pause_after_error;
}

void code_keeper::finish_scan() {
  const auto kept = store_->list();
  if (!kept) {
    // What nobody uses is found at the next start.
    log_->error("packages not listed error={}", fsm::quoted(kept.error().message));
  } else {
    std::size_t missing = 0;
    for (const auto& name : ledger_->finish_scan(*kept)) {
      if (store_->contains(name) || ++missing > missing_logged_max) continue;
      log_->warn("package missing sha256={}", wire::hex_encode(name));
    }
    log_->info("code looked through packages={} missing={} bytes={}", kept->size(), missing,
               ledger_->total_bytes());
  }
  const std::lock_guard lock{mutex_};
  scanned_ = true;
}

// True when there may be more of them.
bool code_keeper::remove_unused() {
  const std::unique_lock lock{removing_};
  if (checkpoints_ > 0 || keeps_all_) return false;
  const auto unused = ledger_->take_unused(removals_at_once);
  for (const auto& name : unused) {
    // Asked after it was struck: whoever stops the removal lets go of the package only then.
    if (!ledger_->strike(name) || keeps_all_) continue;
    if (const auto removed = store_->remove(name); !removed) {
      log_->error("package not removed sha256={} error={}", wire::hex_encode(name),
                  fsm::quoted(removed.error().message));
      continue;
    }
    log_->debug("package removed sha256={}", wire::hex_encode(name));
  }
  return unused.size() == removals_at_once;
}

}  // namespace platform::code
