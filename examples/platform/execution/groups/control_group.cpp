#include "execution/groups/control_group.hpp"

#include "execution/groups/group_files.hpp"

#include <algorithm>
#include <system_error>

namespace platform::execution {

namespace {

namespace fs = std::filesystem;

// What is not there on this kernel is done without.
int write_if_there(const fs::path& file, std::string_view text) {
  std::error_code ignored;
  return fs::exists(file, ignored) ? write_group_file(file, text) : 0;
}

// Memory that is swapped out is memory, too: there is no more of both together.
int limit_memory(const group_folder& in, const std::string& bytes) {
  const auto& at = in.path;
  if (!in.unified) {
    const int problem = write_group_file(at / "memory.limit_in_bytes", bytes);
    return problem != 0 ? problem : write_if_there(at / "memory.memsw.limit_in_bytes", bytes);
  }
  if (const int problem = write_group_file(at / "memory.max", bytes); problem != 0) return problem;
  if (const int problem = write_if_there(at / "memory.swap.max", "0"); problem != 0) return problem;
  return write_if_there(at / "memory.oom.group", "1");
}

}  // namespace

int control_group::limit(const group_limits& most) const {
  for (const auto& each : folders_) {
    int problem = 0;
    if (each.memory) problem = limit_memory(each, std::to_string(most.memory_bytes));
    if (problem == 0 && each.processes)
      problem = write_group_file(each.path / "pids.max", std::to_string(most.processes));
    if (problem != 0) return problem;
  }
  return 0;
}

// In version 1 a thread may move alone, for which the kernel stops nobody else.
std::vector<std::string> control_group::doors() const {
  std::vector<std::string> result;
  result.reserve(folders_.size());
  for (const auto& each : folders_)
    result.push_back((each.path / (each.unified ? "cgroup.procs" : "tasks")).string());
  return result;
}

const group_folder* control_group::of_memory() const {
  const auto found =
      std::find_if(folders_.begin(), folders_.end(), [](const auto& each) { return each.memory; });
  return found == folders_.end() ? nullptr : &*found;
}

bool control_group::bounds_memory() const { return of_memory() != nullptr; }

group_memory control_group::memory() const {
  const auto* in = of_memory();
  if (!in) return {};
  const auto text = read_group_file(in->path / "memory.stat");
  return {figure_in(text, in->unified ? "anon" : "rss"), figure_in(text, "shmem")};
}

std::vector<pid_t> control_group::processes() const {
  return folders_.empty() ? std::vector<pid_t>{} : processes_in(folders_.front().path);
}

bool control_group::ran_out_of_memory() const {
  const auto* in = of_memory();
  if (!in) return false;
  const auto* file = in->unified ? "memory.events" : "memory.oom_control";
  return figure_in(read_group_file(in->path / file), "oom_kill") != 0;
}

// First where they are counted: there none can be made any more.
void control_group::kill() const {
  for (const bool counted : {true, false}) {
    for (const auto& each : folders_) {
      if (each.processes == counted) kill_group(each.path);
    }
  }
}

bool control_group::remove() const {
  return std::count_if(folders_.begin(), folders_.end(),
                       [](const auto& each) { return remove_group(each.path) != 0; }) == 0;
}

}  // namespace platform::execution
