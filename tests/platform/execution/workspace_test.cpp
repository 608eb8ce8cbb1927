#include "execution/workspace.hpp"

#include "support/temporary_directory.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace fs = std::filesystem;
using platform::execution::workspace;

namespace {

std::ptrdiff_t folders_in(const fs::path& where) {
  return std::distance(fs::directory_iterator{where}, fs::directory_iterator{});
}

}  // namespace

TEST_CASE("A workspace goes with its owner") {
  const fsm::testing::temporary_directory parent;
  {
    const auto made = workspace::open(parent.path(), ::getegid());
    REQUIRE(made);
    std::ofstream{(*made)->path() / "file"} << "x";
    CHECK(folders_in(parent.path()) == 1);
  }
  CHECK(folders_in(parent.path()) == 0);
}

TEST_CASE("A workspace whose owner was killed is removed at the next start, no other") {
  const fsm::testing::temporary_directory parent;
  const auto left = parent.path() / "fsm-execution-gone";
  fs::create_directories(left / "code" / "closed");
  std::ofstream{left / "code" / "closed" / "file"} << "x";
  fs::permissions(left / "code" / "closed", fs::perms::owner_read | fs::perms::owner_exec);
  fs::create_directory(parent.path() / "somebody-elses");
  const auto first = workspace::open(parent.path(), ::getegid());
  REQUIRE(first);
  CHECK_FALSE(fs::exists(left));
  CHECK(fs::exists(parent.path() / "somebody-elses"));
  const auto second = workspace::open(parent.path(), ::getegid());
  REQUIRE(second);
  CHECK(fs::exists((*first)->path()));
  CHECK((*first)->path() != (*second)->path());
}

TEST_CASE("Where no workspace can be made it is said") {
  const auto made = workspace::open("/nowhere/at/all", ::getegid());
  REQUIRE_FALSE(made);
  CHECK(made.error().message ==
        "cannot make a folder in /nowhere/at/all: No such file or directory");
}
