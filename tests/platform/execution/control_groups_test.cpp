// Trees that look like what the kernel shows: all is there but the kernel, so what it would refuse
// or make by itself is not seen here.
#include "execution/groups/control_groups.hpp"

#include "execution/groups/group_files.hpp"
#include "support/temporary_directory.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <sys/wait.h>
#include <unistd.h>

using namespace platform::execution;
namespace fs = std::filesystem;

namespace {

constexpr group_limits limits{.memory_bytes = 1000, .processes = 7};

std::string text_of(const fs::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

// A machine, and a platform's workspace on it.
struct machine {
  fsm::testing::temporary_directory folder{};
  fs::path root = folder.path() / "root";
  fs::path workspace = folder.path() / "fsm-execution-abcdef";

  machine() { fs::create_directories(workspace); }

  void write(const fs::path& file, const std::string& text) const {
    fs::create_directories((root / file).parent_path());
    std::ofstream{root / file} << text;
  }
  auto open(group_use how = group_use::automatic) const {
    return control_groups::open(how, workspace, root);
  }
};

struct version_1 : machine {
  version_1() {
    write("proc/self/mountinfo",
          "35 31 0:32 / /cg/memory rw - cgroup cgroup rw,memory\n"
          "39 31 0:36 / /cg/pids rw - cgroup cgroup rw,pids\n");
    write("proc/self/cgroup", "8:pids:/\n4:memory:/own\n");
    write("cg/memory/own/tasks", "");
    write("cg/pids/tasks", "");
  }
};

struct version_2 : machine {
  const fs::path own = root / "cg/own";

  version_2() {
    write("proc/self/mountinfo", "26 22 0:23 / /cg rw - cgroup2 cgroup2 rw\n");
    write("proc/self/cgroup", "0::/own\n");
    write("cg/own/cgroup.type", "domain\n");
    write("cg/own/cgroup.controllers", "cpu memory pids\n");
    write("cg/own/cgroup.subtree_control", "\n");
    write("cg/own/cgroup.procs", std::to_string(::getpid()) + "\n");
  }
};

}  // namespace

TEST_CASE("Version 1 bounds memory in one hierarchy and processes in the other") {
  const version_1 here;
  const auto groups = here.open();
  REQUIRE(groups);
  CHECK((*groups)->describe() == "memory=cgroup-v1 processes=cgroup-v1");
  CHECK((*groups)->missing().empty());
  const auto made = (*groups)->make(limits);
  REQUIRE(made);
  const auto memory = here.root / "cg/memory/own/fsm-execution-abcdef/environment-1";
  const auto processes = here.root / "cg/pids/fsm-execution-abcdef/environment-1";
  CHECK(text_of(memory / "memory.limit_in_bytes") == "1000");
  CHECK(text_of(processes / "pids.max") == "7");
  CHECK((*made)->doors() ==
        std::vector<std::string>{(memory / "tasks").string(), (processes / "tasks").string()});
  CHECK(fs::exists(here.root / "cg/pids/fsm-execution-abcdef/environment-2") == false);
  REQUIRE((*groups)->make(limits));
  CHECK(fs::exists(here.root / "cg/pids/fsm-execution-abcdef/environment-2"));
}

TEST_CASE("Version 2 bounds both in one group, once the platform has left the way") {
  const version_2 here;
  const auto groups = here.open();
  REQUIRE(groups);
  CHECK((*groups)->describe() == "memory=cgroup-v2 processes=cgroup-v2");
  CHECK((*groups)->missing().empty());
  const auto base = here.own / "fsm-execution-abcdef";
  CHECK(text_of(base / "platform/cgroup.procs") == std::to_string(::getpid()));
  CHECK(text_of(here.own / "cgroup.subtree_control") == "+memory +pids");
  CHECK(text_of(base / "cgroup.subtree_control") == "+memory +pids");
  const auto made = (*groups)->make(limits);
  REQUIRE(made);
  CHECK(text_of(base / "environment-1/memory.max") == "1000");
  CHECK(text_of(base / "environment-1/pids.max") == "7");
  CHECK((*made)->doors() ==
        std::vector<std::string>{(base / "environment-1/cgroup.procs").string()});
}

TEST_CASE("In version 2 the platform goes back at its end, when nothing is handed out any more") {
  const version_2 here;
  { REQUIRE(here.open()); }
  const auto base = here.own / "fsm-execution-abcdef";
  CHECK(text_of(base / "cgroup.subtree_control") == "-memory -pids");
  CHECK(text_of(here.own / "cgroup.subtree_control") == "-memory -pids");
  CHECK(text_of(here.own / "cgroup.procs") == std::to_string(::getpid()));
}

TEST_CASE("In version 2 a platform beside others in its group leaves them alone, and says so") {
  const version_2 here;
  here.write("cg/own/cgroup.procs", "1\n" + std::to_string(::getpid()) + "\n");
  const auto groups = here.open();
  REQUIRE(groups);
  CHECK((*groups)->describe() == "memory=polled processes=rlimit");
  CHECK((*groups)->missing() ==
        "the platform is not alone in its control group " + here.own.string());
  CHECK(text_of(here.own / "cgroup.subtree_control") == "\n");
  CHECK_FALSE(fs::exists(here.own / "fsm-execution-abcdef"));
  const auto none = (*groups)->make(limits);
  REQUIRE(none);
  CHECK(*none == nullptr);
}

TEST_CASE("In version 2 the topmost group hands out without being empty") {
  const version_2 here;
  here.write("cg/own/cgroup.procs", "1\n2\n");
  fs::remove(here.own / "cgroup.type");
  const auto groups = here.open();
  REQUIRE(groups);
  CHECK((*groups)->describe() == "memory=cgroup-v2 processes=cgroup-v2");
  CHECK_FALSE(fs::exists(here.own / "fsm-execution-abcdef/platform"));
}

TEST_CASE("What is not controlled is said, and the rest is used") {
  version_1 here;
  here.write("proc/self/cgroup", "4:memory:/own\n");
  const auto half = here.open();
  REQUIRE(half);
  CHECK((*half)->describe() == "memory=cgroup-v1 processes=rlimit");
  CHECK((*half)->missing() == "no control group in reach has the controller pids");
  const version_2 other;
  other.write("cg/own/cgroup.controllers", "hugetlb pids\n");
  const auto counted = other.open();
  REQUIRE(counted);
  CHECK((*counted)->describe() == "memory=polled processes=cgroup-v2");
  CHECK(text_of(other.own / "cgroup.subtree_control") == "+pids");
  const auto made = (*counted)->make(limits);
  REQUIRE(made);
  CHECK_FALSE((*made)->bounds_memory());
}

TEST_CASE("Controllers may be in different versions") {
  version_1 here;
  here.write("proc/self/mountinfo",
             "35 31 0:32 / /cg/memory rw - cgroup cgroup rw,memory\n"
             "41 31 0:38 / /cg/unified rw - cgroup2 cgroup2 rw\n");
  here.write("proc/self/cgroup", "4:memory:/own\n0::/\n");
  here.write("cg/unified/cgroup.controllers", "memory pids\n");  // Memory is taken already.
  const auto groups = here.open();
  REQUIRE(groups);
  CHECK((*groups)->describe() == "memory=cgroup-v1 processes=cgroup-v2");
  CHECK(text_of(here.root / "cg/unified/cgroup.subtree_control") == "+pids");
}

TEST_CASE("Where there are no control groups nothing is made, and it is said why") {
  const machine here;
  const auto groups = here.open();
  REQUIRE(groups);
  CHECK((*groups)->describe() == "memory=polled processes=rlimit");
  CHECK((*groups)->missing() ==
        "no control group in reach has the controller memory; "
        "no control group in reach has the controller pids");
  const auto refused = here.open(group_use::required);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == fsm::errc::invalid_argument);
  CHECK(refused.error().message.starts_with(
      "control groups are required, but no control group in reach has the controller memory"));
}

TEST_CASE("Where no group can be made it is said why") {
  const version_1 here;
  fs::remove_all(here.root / "cg/pids");
  const auto groups = here.open();
  REQUIRE(groups);
  CHECK((*groups)->describe() == "memory=cgroup-v1 processes=rlimit");
  CHECK((*groups)->missing() == "cannot make the control group " +
                                    (here.root / "cg/pids/fsm-execution-abcdef").string() +
                                    ": No such file or directory");
}

TEST_CASE("Control groups that are turned off are not looked for") {
  const version_1 here;
  const auto groups = here.open(group_use::off);
  REQUIRE(groups);
  CHECK((*groups)->describe() == "memory=polled processes=rlimit");
  CHECK((*groups)->missing().empty());
  CHECK_FALSE(fs::exists(here.root / "cg/pids/fsm-execution-abcdef"));
}

TEST_CASE("Groups of platforms that are dead are removed at the start, no others") {
  const version_1 here;
  for (const auto* name : {"cg/pids/fsm-execution-gone/environment-3", "cg/pids/somebody-elses",
                           "cg/memory/own/fsm-execution-gone"})
    fs::create_directories(here.root / name);
  const auto first = here.open();
  REQUIRE(first);
  CHECK_FALSE(fs::exists(here.root / "cg/pids/fsm-execution-gone"));
  CHECK_FALSE(fs::exists(here.root / "cg/memory/own/fsm-execution-gone"));
  CHECK(fs::exists(here.root / "cg/pids/somebody-elses"));
  const auto other = here.folder.path() / "fsm-execution-second";
  fs::create_directories(other);
  const auto second = control_groups::open(group_use::automatic, other, here.root);
  REQUIRE(second);
  CHECK(fs::exists(here.root / "cg/pids/fsm-execution-abcdef"));
  CHECK(fs::exists(here.root / "cg/pids/fsm-execution-second"));
}

TEST_CASE("A dead platform's workspace leads to its groups, wherever they are") {
  const version_1 here;
  const auto left = here.root / "elsewhere/fsm-execution-gone";
  const auto other = here.root / "elsewhere/something";
  fs::create_directories(left / "environment-1");
  fs::create_directories(other);
  std::ofstream{here.workspace / "control-groups"} << left.string() << "\n"
                                                   << other.string() << "\n";
  end_leftover_groups(here.workspace);
  CHECK_FALSE(fs::exists(left));
  CHECK(fs::exists(other));
  const auto groups = here.open();
  REQUIRE(groups);
  CHECK(text_of(here.workspace / "control-groups") ==
        (here.root / "cg/memory/own/fsm-execution-abcdef").string() + "\n" +
            (here.root / "cg/pids/fsm-execution-abcdef").string() + "\n");
}

TEST_CASE("Memory, and whether the kernel has ended something, are read in both versions") {
  const fsm::testing::temporary_directory at;
  const auto write = [&](const char* name, const char* text) {
    std::ofstream{at.path() / name} << text;
  };
  const control_group old{{{.path = at.path(), .memory = true}}};
  const control_group unified{{{.path = at.path(), .unified = true, .memory = true}}};
  CHECK_FALSE(old.ran_out_of_memory());
  CHECK_FALSE(unified.ran_out_of_memory());
  write("memory.stat", "anon 5\ncache 9\nrss 7\nrss_huge 8\nshmem 3\ntotal_shmem 4\n");
  CHECK(old.memory().own_bytes == 7);
  CHECK(old.memory().shared_bytes == 3);
  CHECK(unified.memory().own_bytes == 5);
  write("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
  write("memory.events", "max 4\noom 1\noom_kill 0\noom_group_kill 0\n");
  CHECK(old.ran_out_of_memory());
  CHECK_FALSE(unified.ran_out_of_memory());
  write("memory.events", "max 4\noom 1\noom_kill 1\noom_group_kill 1\n");
  CHECK(unified.ran_out_of_memory());
}

TEST_CASE("All that is in a group is ended, after it was kept from making more") {
  const fsm::testing::temporary_directory at;
  const auto child = ::fork();
  if (child == 0) {
    while (true) ::pause();
  }
  std::ofstream{at.path() / "cgroup.procs"} << child << "\n0\n";
  std::ofstream{at.path() / "pids.max"} << "7";
  const control_group group{{{.path = at.path(), .processes = true}}};
  CHECK(group.processes() == std::vector<pid_t>{child});
  group.kill();
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
  CHECK(text_of(at.path() / "pids.max") == "0");
}

TEST_CASE("In version 2 the kernel ends all of a group by itself, where it can") {
  const fsm::testing::temporary_directory at;
  std::ofstream{at.path() / "cgroup.procs"} << ::getpid() << "\n";
  std::ofstream{at.path() / "cgroup.kill"};
  const control_group group{{{.path = at.path(), .unified = true, .processes = true}}};
  group.kill();  // Otherwise this process would be gone.
  CHECK(text_of(at.path() / "cgroup.kill") == "1");
}

TEST_CASE("A group that is gone counts as removed") {
  const fsm::testing::temporary_directory at;
  fs::create_directory(at.path() / "one");
  const control_group group{{{.path = at.path() / "one"}}};
  CHECK(group.remove());
  CHECK_FALSE(fs::exists(at.path() / "one"));
  CHECK(group.remove());
  CHECK(end_group(at.path() / "one", std::chrono::milliseconds{1}));
}
