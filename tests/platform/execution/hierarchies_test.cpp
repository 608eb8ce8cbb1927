#include "execution/groups/hierarchies.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

using namespace platform::execution;

namespace {

using words = std::vector<std::string>;

}  // namespace

TEST_CASE("In version 1 each controller has a hierarchy of its own") {
  const auto found = find_hierarchies(
      "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
      "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
      "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:7 - cgroup cgroup rw,memory\n"
      "39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n"
      "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n",
      "9:name=systemd:/init.scope\n8:pids:/\n4:memory:/apps/one\n1:cpu,cpuacct:/apps\n");
  REQUIRE(found.size() == 4);
  CHECK(found[0].own == "/sys/fs/cgroup/cpu,cpuacct/apps");
  CHECK(found[0].controllers == words{"cpu", "cpuacct"});
  CHECK(found[1].own == "/sys/fs/cgroup/memory/apps/one");
  CHECK(found[1].controllers == words{"memory"});
  CHECK_FALSE(found[1].unified);
  CHECK(found[2].own == "/sys/fs/cgroup/pids");
  CHECK(found[3].own == "/sys/fs/cgroup/systemd/init.scope");
}

TEST_CASE("In version 2 there is one hierarchy") {
  const auto found = find_hierarchies(
      "26 22 0:23 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
      "0::/system.slice/platform.service\n");
  REQUIRE(found.size() == 1);
  CHECK(found[0].unified);
  CHECK(found[0].own == "/sys/fs/cgroup/system.slice/platform.service");
}

TEST_CASE("Both versions may be there at once") {
  const auto found = find_hierarchies(
      "35 31 0:32 / /cg/memory rw - cgroup cgroup rw,memory\n"
      "41 31 0:38 / /cg/unified rw - cgroup2 cgroup2 rw\n",
      "4:memory:/a\n0::/b\n");
  REQUIRE(found.size() == 2);
  CHECK(found[0].own == "/cg/memory/a");
  CHECK(found[1].own == "/cg/unified/b");
}

TEST_CASE("Where a part of a hierarchy is mounted, a group's place is below that part") {
  const std::string mounts = "35 31 0:32 /box/1 /cg/memory rw - cgroup cgroup rw,memory\n";
  const auto own = [&](const std::string& path) {
    const auto found = find_hierarchies(mounts, "4:memory:" + path + "\n");
    return found.empty() ? std::string{} : found.front().own.string();
  };
  CHECK(own("/box/1") == "/cg/memory");
  CHECK(own("/box/1/a") == "/cg/memory/a");
  CHECK(own("/box/12").empty());
  CHECK(own("/box").empty());
  CHECK(own("/").empty());
}

TEST_CASE("A group outside of the namespace is in nobody's reach") {
  CHECK(find_hierarchies("26 22 0:23 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "0::/../other\n")
            .empty());
}

TEST_CASE("Names with blanks and colons are read as they are") {
  const auto found = find_hierarchies("35 31 0:32 / /my\\040groups rw - cgroup cgroup rw,memory\n",
                                      "4:memory:/a:b c\n");
  REQUIRE(found.size() == 1);
  CHECK(found[0].own == "/my groups/a:b c");
}

TEST_CASE("Lines that are not understood are left out") {
  CHECK(find_hierarchies("", "").empty());
  CHECK(find_hierarchies("35 31 0:32 / /cg rw cgroup cgroup rw,memory\n"
                         "35 31 - cgroup cgroup rw,memory\n"
                         "35 31 0:32 / /cg rw - cgroup\n-\n",
                         "4:memory:/\n0::/\n")
            .empty());
  CHECK(find_hierarchies("35 31 0:32 / /cg rw - cgroup cgroup rw,memory\n", "4:memory\nx\n::/\n")
            .empty());
}
