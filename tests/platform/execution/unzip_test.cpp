#include "code/unzip.hpp"

#include "code/zip_check.hpp"
#include "support/temporary_directory.hpp"
#include "support/zip_maker.hpp"

#include <catch2/catch_test_macros.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;
using platform::code::remove_tree;
using platform::code::unzip;
using platform::testing::make_zip;

namespace {

struct place {
  fsm::testing::temporary_directory root;
  fs::path into = root.path() / "code";

  place() { fs::create_directory(into); }
  ~place() { remove_tree(into); }

  [[nodiscard]] std::string text(const std::string& name) const {
    std::ifstream file{into / name};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  [[nodiscard]] unsigned mode(const std::string& name) const {
    struct stat found {};
    REQUIRE(::lstat((into / name).c_str(), &found) == 0);
    return found.st_mode & 07777U;
  }
};

}  // namespace

TEST_CASE("A package is unpacked with its folders, and nobody can write there") {
  const place at;
  REQUIRE(unzip(make_zip({{"bootstrap", "#!/bin/sh\n", S_IFREG | 0755U},
                          {"lib/deep/a.py", "pass"},
                          {"empty/", ""},
                          {"from_dos.txt", "x", 0}}),
                at.into));
  CHECK(at.text("lib/deep/a.py") == "pass");
  CHECK(at.mode("bootstrap") == 0555);
  CHECK(at.mode("lib/deep/a.py") == 0444);
  CHECK(at.mode("from_dos.txt") == 0444);
  CHECK(at.mode("empty") == 0555);
  CHECK(at.mode("lib/deep") == 0555);
  CHECK(at.mode("") == 0555);
}

TEST_CASE("Names that lead out of a package are refused") {
  for (const auto* name : {"../out", "a/../../out", "/out", "a\\..\\..\\out"}) {
    const place at;
    const auto done = unzip(make_zip({{name, "x"}}), at.into);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == fsm::errc::invalid_argument);
    CHECK_FALSE(fs::exists(at.root.path() / "out"));
  }
}

TEST_CASE("Nothing is written through a link of a package") {
  const place at;
  fs::create_directory(at.root.path() / "target");
  const auto done =
      unzip(make_zip({{"link", "../target", S_IFLNK | 0777U}, {"link/file", "x"}}), at.into);
  CHECK_FALSE(done);
  CHECK(fs::is_empty(at.root.path() / "target"));
}

TEST_CASE("A link of a package stays a link") {
  const place at;
  REQUIRE(unzip(make_zip({{"a", "x"}, {"b", "a", S_IFLNK | 0777U}}), at.into));
  CHECK(fs::read_symlink(at.into / "b") == "a");
}

TEST_CASE("Two files of one name are refused") {
  const place at;
  auto twice = make_zip({{"first", "x"}, {"other", "y"}});
  for (auto found = twice.find("other"); found != std::string::npos; found = twice.find("other"))
    twice.replace(found, 5, "first");
  const auto done = unzip(twice, at.into);
  REQUIRE_FALSE(done);
  CHECK(done.error().code == fsm::errc::invalid_argument);
}

TEST_CASE("A bomb is found out while it is unpacked") {
  const place at;
  const std::string much(platform::code::unzipped_bytes_max + 1, '\0');
  const auto done = unzip(make_zip({{"bomb", much}}), at.into);
  REQUIRE_FALSE(done);
  CHECK(done.error().code == fsm::errc::invalid_argument);
  CHECK(done.error().message == "unpacked it is too large");
}

TEST_CASE("What cannot be written can be removed, and links are not followed") {
  const place at;
  fs::create_directory(at.root.path() / "target");
  std::ofstream{at.root.path() / "target" / "keep"} << "x";
  REQUIRE(unzip(make_zip({{"a/b/c", "x"}, {"link", "../target", S_IFLNK | 0777U}}), at.into));
  remove_tree(at.into);
  CHECK_FALSE(fs::exists(at.into));
  CHECK(fs::exists(at.root.path() / "target" / "keep"));
}
