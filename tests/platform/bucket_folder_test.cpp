#include "code/bucket_folder.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>

namespace fs = std::filesystem;
using platform::code::bucket_folder;
using problem = bucket_folder::problem;

namespace {

// root/bucket/folder/key, and files beside the root that must not be reached.
struct buckets_under_test {
  fs::path path;

  buckets_under_test() {
    std::string name = (fs::temp_directory_path() / "fsm-s3-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
    fs::create_directories(path / "root/bucket/folder");
    write("root/bucket/folder/key", "inside");
    write("outside", "outside");
    fs::create_directory_symlink(path, path / "root/bucket/up");
    fs::create_directory_symlink(path, path / "root/linked");
    fs::create_symlink(path / "outside", path / "root/bucket/link");
    REQUIRE(mkfifo((path / "root/bucket/pipe").c_str(), 0600) == 0);
  }
  ~buckets_under_test() { fs::remove_all(path); }

  void write(const char* name, const std::string& bytes) const {
    std::ofstream{path / name, std::ios::binary} << bytes;
  }
  bucket_folder open() const {
    auto opened = bucket_folder::open((path / "root").string());
    REQUIRE(opened);
    return *std::move(opened);
  }
};

}  // namespace

TEST_CASE("an object is the file that its key leads to") {
  const buckets_under_test t;
  const auto got = t.open().get("bucket", "folder/key", 100);
  CHECK(got.problem == problem::none);
  CHECK(got.bytes == "inside");
  CHECK(t.open().get("bucket", "folder/key", 5).problem == problem::too_large);
}

TEST_CASE("nothing outside of the directory is reached, nor anything but a file") {
  const buckets_under_test t;
  const std::string key = GENERATE("../../outside", "folder/../../../outside", "up/outside", "link",
                                   "/outside", "folder//key", "./folder/key", "folder", "folder/",
                                   "pipe", "", "none", "folder/key/more");
  CAPTURE(key);
  const auto got = t.open().get("bucket", key, 100);
  CHECK(got.problem == problem::no_key);
  CHECK(got.bytes.empty());
}

TEST_CASE("a bucket is a folder of the directory, and no other") {
  const buckets_under_test t;
  const std::string bucket = GENERATE("..", ".", "", "linked", "none", "bucket/folder", "root");
  CAPTURE(bucket);
  CHECK(t.open().get(bucket, "outside", 100).problem == problem::no_bucket);
}

TEST_CASE("a directory of buckets must be there") {
  const buckets_under_test t;
  CHECK_FALSE(bucket_folder::open((t.path / "outside").string()));
  CHECK_FALSE(bucket_folder::open((t.path / "none").string()));
}
