#include "execution/groups/control_groups.hpp"

#include "execution/folder_lock.hpp"
#include "execution/groups/group_files.hpp"

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace platform::execution {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "fsm-execution-";
// In a workspace: where the platform has its groups, a line each.
constexpr const char* record_name = "control-groups";
constexpr const char* own_name = "platform";
constexpr std::chrono::seconds patience{2};
// Another platform takes a folder for a leftover until it is locked.
constexpr int tries_max = 50;
constexpr std::chrono::milliseconds pause{2};

std::string text_of(int problem) { return std::generic_category().message(problem); }

std::string trouble(const std::string& what, const fs::path& where, int problem) {
  return "cannot " + what + " " + where.string() + ": " + text_of(problem);
}

std::vector<std::string> controllers_of(const hierarchy& in) {
  return in.unified ? words_of(read_group_file(in.own / "cgroup.controllers")) : in.controllers;
}

const char* version_of(bool unified) { return unified ? "cgroup-v2" : "cgroup-v1"; }

// Only what a dead platform of this user's has made.
void end_if_left(const fs::path& group) {
  if (!group.filename().string().starts_with(prefix)) return;
  const auto held = lock_folder(group);
  if (held.is_open()) end_group(group, patience);
}

void remove_leftovers(const fs::path& own) {
  for (const auto& each : groups_below(own)) end_if_left(each);
}

// Empty, and locked; 0 or the system's error number.
int make_base(const fs::path& folder, code::file& lock) {
  for (int i = 0; i < tries_max; ++i) {
    if (const int problem = make_group(folder); problem != 0 && problem != EEXIST) return problem;
    lock = lock_folder(folder);
    if (lock.is_open()) return 0;
    std::this_thread::sleep_for(pause);
  }
  return EAGAIN;
}

// The hierarchies that control memory and processes, each once.
std::vector<std::pair<hierarchy, group_folder>> useful(std::vector<hierarchy> all,
                                                       const std::string& name) {
  std::vector<std::pair<hierarchy, group_folder>> result;
  bool memory = false;
  bool processes = false;
  for (auto& each : all) {
    const auto controls = controllers_of(each);
    group_folder folder{.path = each.own / name, .unified = each.unified};
    folder.memory = !memory && has(controls, "memory");
    folder.processes = !processes && has(controls, "pids");
    memory = memory || folder.memory;
    processes = processes || folder.processes;
    if (folder.memory || folder.processes) result.emplace_back(std::move(each), std::move(folder));
  }
  return result;
}

std::string subtree(const group_folder& of, char sign) {
  std::string result;
  if (of.memory) result += std::string{sign} + "memory";
  if (of.processes) result += (result.empty() ? "" : " ") + std::string{sign} + "pids";
  return result;
}

}  // namespace

fsm::expected<std::unique_ptr<control_groups>> control_groups::open(group_use how,
                                                                    const fs::path& workspace,
                                                                    const fs::path& root) {
  std::unique_ptr<control_groups> result{new control_groups};
  if (how == group_use::off) return result;
  result->find(workspace, root);
  if (how == group_use::required && !result->missing_.empty()) {
    return fsm::unexpected({.code = fsm::errc::invalid_argument,
                            .message = "control groups are required, but " + result->missing_ +
                                       ": " + groups_remedy + ", or use --control-groups auto"});
  }
  return result;
}

void control_groups::find(const fs::path& workspace, const fs::path& root) {
  auto all = find_hierarchies(read_group_file(root / "proc/self/mountinfo"),
                              read_group_file(root / "proc/self/cgroup"));
  for (auto& each : all) each.own = root / each.own.relative_path();
  const auto those = useful(std::move(all), workspace.filename().string());
  std::string record;
  for (const auto& [in, folder] : those) record += folder.path.string() + "\n";
  static_cast<void>(write_group_file(workspace / record_name, record));
  const auto miss = [this](const std::string& why) {
    missing_ += (missing_.empty() ? "" : "; ") + why;
  };
  bool memory = false;
  bool processes = false;
  for (const auto& [in, folder] : those) {
    remove_leftovers(in.own);
    memory = memory || folder.memory;
    processes = processes || folder.processes;
    part made{.base = folder, .lock = {}};
    if (const auto why = prepare(in, made); !why.empty()) {
      undo(made);
      miss(why);
    } else {
      parts_.push_back(std::move(made));
    }
  }
  if (!memory) miss("no control group in reach has the controller memory");
  if (!processes) miss("no control group in reach has the controller pids");
}

// "" or why it is of no use.
std::string control_groups::prepare(const hierarchy& in, part& what) {
  const int problem = make_base(what.base.path, what.lock);
  if (problem != 0) return trouble("make the control group", what.base.path, problem);
  if (in.unified) {
    if (auto why = hand_out(in, what); !why.empty()) return why;
  }
  return try_out(what);
}

// In version 2 a group that has processes of its own hands out nothing to those below, but for the
// topmost one. So the platform moves, where it is alone.
std::string control_groups::hand_out(const hierarchy& in, part& what) {
  const auto wanted = subtree(what.base, '+');
  const auto switches = in.own / "cgroup.subtree_control";
  const auto given = words_of(read_group_file(switches));
  const bool has_all =
      (!what.base.memory || has(given, "memory")) && (!what.base.processes || has(given, "pids"));
  std::error_code ignored;
  const bool is_top = !fs::exists(in.own / "cgroup.type", ignored);
  if (!has_all && !is_top) {
    const auto members = words_of(read_group_file(in.own / "cgroup.procs"));
    if (members != std::vector<std::string>{std::to_string(::getpid())})
      return "the platform is not alone in its control group " + in.own.string();
    const auto own = what.base.path / own_name;
    if (const int problem = make_group(own); problem != 0)
      return trouble("make the control group", own, problem);
    if (const int problem = write_group_file(own / "cgroup.procs", members.front()); problem != 0)
      return trouble("go into the control group", own, problem);
    what.moved = true;
  }
  if (!has_all) {
    if (const int problem = write_group_file(switches, wanted); problem != 0)
      return trouble("hand out " + wanted + " in", in.own, problem);
  }
  const int problem = write_group_file(what.base.path / "cgroup.subtree_control", wanted);
  return problem == 0 ? "" : trouble("hand out " + wanted + " in", what.base.path, problem);
}

// What an environment will need, but for a process.
std::string control_groups::try_out(const part& what) {
  auto folder = what.base;
  folder.path /= "try";
  if (const int problem = make_group(folder.path); problem != 0)
    return trouble("make the control group", folder.path, problem);
  const control_group tried{{folder}};
  const int problem = tried.limit({.memory_bytes = 1U << 30U, .processes = 1});
  static_cast<void>(tried.remove());
  return problem == 0 ? "" : trouble("limit the control group", folder.path, problem);
}

// The platform goes back to where it came from, which it can when that hands out nothing any more.
void control_groups::undo(part& what) {
  if (!what.lock.is_open()) return;
  const auto& base = what.base.path;
  const auto own = what.moved ? base / own_name : fs::path{};
  for (const auto& each : groups_below(base)) {
    if (each != own) end_group(each, patience);
  }
  if (what.moved) {
    const auto nothing = subtree(what.base, '-');
    static_cast<void>(write_group_file(base / "cgroup.subtree_control", nothing));
    static_cast<void>(write_group_file(base.parent_path() / "cgroup.subtree_control", nothing));
    static_cast<void>(
        write_group_file(base.parent_path() / "cgroup.procs", std::to_string(::getpid())));
    static_cast<void>(remove_group(own));
  }
  static_cast<void>(remove_group(base));
  static_cast<void>(what.lock.close());
}

control_groups::~control_groups() {
  for (auto& each : parts_) undo(each);
}

fsm::expected<std::shared_ptr<control_group>> control_groups::make(const group_limits& most) {
  if (parts_.empty()) return std::shared_ptr<control_group>{};
  const auto name = "environment-" + std::to_string(++made_);
  std::vector<group_folder> folders;
  int problem = 0;
  for (const auto& each : parts_) {
    auto folder = each.base;
    folder.path /= name;
    problem = make_group(folder.path);
    if (problem != 0) break;
    folders.push_back(std::move(folder));
  }
  auto result = std::make_shared<control_group>(std::move(folders));
  if (problem == 0) problem = result->limit(most);
  if (problem == 0) return result;
  static_cast<void>(result->remove());
  return fsm::unexpected(
      {.code = fsm::errc::internal,
       .message = trouble("make the control group", parts_.front().base.path / name, problem)});
}

std::string control_groups::describe() const {
  std::string memory = "polled";
  std::string processes = "rlimit";
  for (const auto& each : parts_) {
    if (each.base.memory) memory = version_of(each.base.unified);
    if (each.base.processes) processes = version_of(each.base.unified);
  }
  return "memory=" + memory + " processes=" + processes;
}

void end_leftover_groups(const fs::path& workspace) {
  for (const auto& each : lines_of(read_group_file(workspace / record_name))) end_if_left(each);
}

}  // namespace platform::execution
