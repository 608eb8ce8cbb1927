#include "execution/process_executor.hpp"

#include "execution/workshop.hpp"
#include <fsm/quoted.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace platform::execution {

namespace {

namespace fs = std::filesystem;

// What a small environment takes; the share of a machine that is given to them by default.
constexpr std::uint64_t environment_bytes = std::uint64_t{32} << 20U;
constexpr std::size_t environments_min = 16;
constexpr std::size_t environments_most = 1000;

class on_processes final : public process_executor {
public:
  explicit on_processes(std::shared_ptr<workshop> by) : workshop_{std::move(by)} {}
  ~on_processes() override { workshop_->close(); }

  void attach(package_source packages) override { workshop_->open(std::move(packages)); }
  void start(version what, fsm::completion done) override {
    workshop_->start(std::move(what), std::move(done));
  }
  void stop(const fsm::attempt_token& which, fsm::completion done) override {
    workshop_->stop(which, std::move(done));
  }
  [[nodiscard]] std::vector<fsm::attempt_token> held(const fsm::attempt_token& after,
                                                     std::size_t limit) const override {
    return workshop_->held(after, limit);
  }
  void close() override { workshop_->close(); }
  [[nodiscard]] bool keeps_time() const noexcept override { return true; }

  cancel run(invoke::invocation what, finished done) override {
    const auto one = std::make_shared<job>(job{std::move(what), std::move(done)});
    workshop_->run(one);
    return [by = std::weak_ptr{workshop_}, one] {
      if (const auto open = by.lock()) open->cancel(one);
    };
  }

private:
  const std::shared_ptr<workshop> workshop_;
};

// Copies what environments start with to where they can read it.
fsm::expected<fs::path> make_home(const process_options& how, const fs::path& place) {
  const auto home = place / "runtime";
  std::error_code problem;
  fs::create_directory(place / "code", problem);
  fs::create_directory(home, problem);
  const auto program = home / "fsm-environment";
  fs::copy_file(how.environment_program, program, problem);
  if (problem) {
    return fsm::unexpected({.code = fsm::errc::invalid_argument,
                            .message = "cannot copy " + how.environment_program.string() + " to " +
                                       place.string() + ": " + problem.message()});
  }
  if (!runtimes::write_bootstraps(home) || !sandbox::write_users(home)) {
    return fsm::unexpected(
        {.code = fsm::errc::internal, .message = "cannot write to " + place.string()});
  }
  for (const auto& folder : {place / "code", home, program}) ::chmod(folder.c_str(), 0755);
  return home;
}

}  // namespace

fsm::expected<std::shared_ptr<process_executor>> make_process_executor(
    process_options how, std::shared_ptr<fsm::clock> clock, std::shared_ptr<spdlog::logger> log) {
  how.environments_max = environments_max(how.environments_max);
  auto place = workspace::open(how.folder, sandbox::readers(how.sandbox));
  if (!place) return fsm::unexpected(place.error());
  const auto home = make_home(how, (*place)->path());
  if (!home) return fsm::unexpected(home.error());
  auto walls = sandbox::open(how.sandbox, *home);
  if (!walls) return fsm::unexpected(walls.error());
  auto groups = control_groups::open(how.groups, (*place)->path());
  if (!groups) return fsm::unexpected(groups.error());
  log->info("functions run as processes sandbox={} {} environments_max={} {}", walls->describe(),
            (*groups)->describe(), how.environments_max, runtimes{}.describe());
  if (const auto& why = (*groups)->missing(); !why.empty()) {
    log->info("control groups are not available reason={} remedy={}", fsm::quoted(why),
              fsm::quoted(groups_remedy));
  }
  return std::make_shared<on_processes>(
      std::make_shared<workshop>(std::move(how), *std::move(place), *std::move(walls),
                                 *std::move(groups), std::move(clock), std::move(log)));
}

std::size_t environments_max(std::size_t allowed) {
  if (allowed != 0) return allowed;
  const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return std::clamp<std::size_t>(pages * page / environment_bytes, environments_min,
                                 environments_most);
}

fs::path environment_program_beside_this() {
  std::error_code problem;
  return fs::read_symlink("/proc/self/exe", problem).parent_path() / "fsm-environment";
}

}  // namespace platform::execution
