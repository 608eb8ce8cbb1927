#include "execution/runtimes.hpp"

#include "code/file.hpp"
#include "execution/bootstraps.hpp"

#include <system_error>
#include <unistd.h>
#include <utility>

namespace platform::execution {

namespace {

namespace fs = std::filesystem;

tl::unexpected<fsm::error> unusable(std::string why) {
  return fsm::unexpected({.code = fsm::errc::invalid_argument, .message = std::move(why)});
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
  const auto shown = [](const std::string& path) { return path.empty() ? "none" : path; };
  return "python3=" + shown(python_) + " node=" + shown(node_);
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
