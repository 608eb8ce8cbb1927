#include "execution/runtimes.hpp"

#include "code/file.hpp"
#include "execution/bootstraps.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace platform::execution {

namespace {

namespace fs = std::filesystem;

tl::unexpected<fsm::error> unusable(std::string why) {
  return fsm::unexpected({.code = fsm::errc::invalid_argument, .message = std::move(why)});
}

// What an interpreter says of itself: "3.11.2". Waits for it.
std::string version_of(const std::string& program) {
  const auto command = "exec '" + program + "' --version 2>/dev/null </dev/null";
  std::array<char, 64> text{};
  auto* said = ::popen(command.c_str(), "re");
  if (!said) return "unknown";
  const auto length = std::fread(text.data(), 1, text.size(), said);
  ::pclose(said);
  std::string_view line{text.data(), length};
  line = line.substr(0, line.find('\n'));
  line.remove_prefix(std::min(line.find_first_of("0123456789"), line.size()));
  return line.empty() ? "unknown" : std::string{line};
}

}  // namespace

runtimes::runtimes(const std::vector<fs::path>& folders)
    : folders_{folders}, python_{find("python3")}, node_{find("node")} {}

// Links are followed: an environment sees /usr, but not what is elsewhere.
std::string runtimes::find(const std::string& program) const {
  for (const auto& folder : folders_) {
    std::error_code problem;
    const auto found = fs::canonical(folder / program, problem);
    if (!problem && ::access(found.c_str(), X_OK) == 0) return found.string();
  }
  return {};
}

fsm::expected<std::vector<std::string>> runtimes::command(const settings& of,
                                                          const surroundings& where) const {
  const auto& name = of.runtime;
  if (name.starts_with("provided")) return std::vector{where.task_root + "/bootstrap"};
  if (name.starts_with("python3.")) {
    auto python = find(name);
    if (python.empty()) python = python_;
    if (python.empty()) {
      return unusable("The runtime " + name +
                      " needs Python 3 on the platform's machine (install python3).");
    }
    return std::vector{python, where.runtime_folder + "/bootstrap.py"};
  }
  if (name.starts_with("nodejs")) {
    if (node_.empty()) {
      return unusable("The runtime " + name +
                      " needs Node.js on the platform's machine (install nodejs).");
    }
    return std::vector{node_, where.runtime_folder + "/bootstrap.mjs"};
  }
  return unusable((name.empty() ? "Container images" : "The runtime " + name) +
                  " cannot be run here (provided.*, python3.* and nodejs* can).");
}

std::string runtimes::describe() const {
  const auto shown = [](const std::string& name, const std::string& path) {
    if (path.empty()) return name + "=none";
    return name + "=" + path + " " + name + "_version=" + version_of(path);
  };
  return shown("python3", python_) + " " + shown("node", node_);
}

bool runtimes::write_bootstraps(const fs::path& folder) {
  for (const auto& [name, text] :
       {std::pair{"bootstrap.py", python_bootstrap}, std::pair{"bootstrap.mjs", node_bootstrap}}) {
    const auto made = code::make_file((folder / name).string());
    if (!made.is_open() || made.write(text) != 0) return false;
  }
  return true;
}

}  // namespace platform::execution
