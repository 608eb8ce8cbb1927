// Erlang/OTP: one gen_statem per function. Its sources (peers/erlang/) are compiled when the
// program runs, and measured in a process of their own.
#include "peers/erlang.hpp"

#include "child_process.hpp"
#include "message_driver.hpp"
#include "remote_workload.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace bench {
namespace {

using std::chrono::milliseconds;
namespace files = std::filesystem;

/// The compiled modules, in a folder that goes with this object.
class compiled_modules {
public:
  compiled_modules() {
    auto name = (files::temp_directory_path() / "fsm-bench-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error{"cannot make " + name};
    folder_ = name;
    try {
      compile();
    } catch (...) {
      remove();
      throw;
    }
  }
  compiled_modules(const compiled_modules&) = delete;
  compiled_modules& operator=(const compiled_modules&) = delete;
  ~compiled_modules() { remove(); }

  [[nodiscard]] const std::string& folder() const noexcept { return folder_; }

private:
  void compile() {
    std::vector<std::string> arguments{"erlc", "-o", folder_};
    for (const auto& each : erlang_modules) {
      arguments.push_back(folder_ + '/' + each.file_name);
      std::ofstream file{arguments.back()};
      if (!(file << each.text << std::flush)) {
        throw std::runtime_error{"cannot write " + arguments.back()};
      }
    }
    constexpr milliseconds patience{120'000};
    child_process compiler{"erlc", arguments};
    std::string said;
    while (const auto line = compiler.read_line(patience)) {
      if (said.empty()) said = *line;
    }
    if (const int code = compiler.wait(); code != 0) {
      throw std::runtime_error{"erlc ended with exit code " + std::to_string(code) + ": " + said};
    }
  }
  void remove() noexcept {
    std::error_code ignored;
    files::remove_all(folder_, ignored);
  }

  std::string folder_;
};

/// The flags are Erlang's defaults but for what must be: as many schedulers as we have threads, and
/// room for all processes.
remote_program program_for(const char* scenario, std::size_t in_flight, const settings& how,
                           const std::string& folder) {
  constexpr std::uint64_t usual_processes = 262'144;
  const auto processes = std::max(usual_processes, std::bit_ceil(how.functions + 65'536));
  const auto threads = std::to_string(how.threads);
  remote_program made{
      "erl",
      {"erl", "+S", threads + ':' + threads, "+P", std::to_string(processes), "-noshell", "-pa",
       folder, "-s", "fsm_peer", "main", "-extra", scenario, std::to_string(how.functions), threads,
       std::to_string(in_flight), std::to_string(how.seed)},
      scenario};
  // A fifth of a millisecond per function: many times what it needs.
  const milliseconds creation{how.functions / 5};
  made.start_patience += creation;
  made.round_patience += creation;
  return made;
}

/// Declared in this order: the modules are there as long as the program may load them.
class erlang_workload final : private compiled_modules, public remote_workload {
public:
  erlang_workload(const char* scenario, std::size_t in_flight, const settings& how)
      : remote_workload{program_for(scenario, in_flight, how, folder())} {}
};

}  // namespace

std::string missing_erlang() {
  for (const auto* program : {"erl", "erlc"}) {
    if (find_program(program).empty()) return std::string{program} + " is not installed";
  }
  return {};
}

std::unique_ptr<workload> make_erlang_create(const settings& how) {
  return std::make_unique<erlang_workload>("create", how.in_flight.value_or(1), how);
}

std::unique_ptr<workload> make_erlang_invoke(const settings& how) {
  return std::make_unique<erlang_workload>("invoke", how.in_flight.value_or(1), how);
}

std::unique_ptr<workload> make_erlang_message(const settings& how) {
  return std::make_unique<erlang_workload>("message", how.in_flight.value_or(message_in_flight),
                                           how);
}

}  // namespace bench
