#include "code/code_store.hpp"

#include "wire/digest.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace fs = std::filesystem;
using platform::code::code_store;
using platform::code::digest;
using platform::code::make_memory_code_store;
using platform::code::open_code_store;
using platform::wire::hex_encode;
using platform::wire::sha256;

namespace {

struct temporary_folder {
  fs::path path;

  temporary_folder() {
    std::string name = (fs::temp_directory_path() / "fsm-code-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~temporary_folder() { fs::remove_all(path); }

  fs::path file_of(const digest& name) const {
    const auto hex = hex_encode(name);
    return path / "code" / hex.substr(0, 2) / hex;
  }
  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& each : fs::recursive_directory_iterator{path / "code"}) {
      if (each.is_regular_file()) ++count;
    }
    return count;
  }
};

std::unique_ptr<code_store> open(const temporary_folder& where, bool synced = true) {
  auto opened = open_code_store(where.path, synced);
  REQUIRE(opened);
  return *std::move(opened);
}

void write_file(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream{path, std::ios::binary} << bytes;
}

std::string read_file(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

// Files of this process may not become longer.
class size_limit {
public:
  explicit size_limit(rlim_t bytes) {
    before_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit lower{bytes, limit_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &lower);
  }
  ~size_limit() {
    setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, before_);
  }

private:
  void (*before_)(int) = nullptr;
  rlimit limit_{};
};

}  // namespace

TEST_CASE("a store gives back what it was given, keeps it once, and forgets it") {
  const temporary_folder folder;
  const bool on_disk = GENERATE(false, true);
  const auto store = on_disk ? open(folder, GENERATE(false, true)) : make_memory_code_store();
  const std::string bytes = "some\0bytes";
  const auto name = sha256(bytes);
  CHECK(store->get(name).error().code == fsm::errc::not_found);
  REQUIRE(store->put(name, bytes));
  REQUIRE(store->put(name, bytes));
  REQUIRE(store->put(sha256("more"), "more"));
  CHECK(store->get(name) == bytes);
  CHECK(store->contains(name));
  CHECK(store->list()->size() == 2);
  REQUIRE(store->remove(name));
  REQUIRE(store->remove(name));
  CHECK_FALSE(store->contains(name));
  CHECK(store->get(name).error().code == fsm::errc::not_found);
  CHECK(store->get(sha256("more")) == "more");
}

TEST_CASE("packages are there again after a restart, and leftovers of writes are not") {
  const temporary_folder folder;
  REQUIRE(open(folder)->put(sha256("a"), "a"));
  write_file(folder.path / "code/incoming/7", "half a pack");
  const auto store = open(folder);
  CHECK(store->get(sha256("a")) == "a");
  CHECK(store->list()->size() == 1);
  CHECK(folder.files() == 1);
}

TEST_CASE("a file that does not match its name is reported and not given out, and can be mended") {
  const temporary_folder folder;
  const auto store = open(folder);
  const auto name = sha256("good");
  REQUIRE(store->put(name, "good"));
  write_file(folder.file_of(name), "evil");
  const auto got = store->get(name);
  REQUIRE_FALSE(got);
  CHECK(got.error().code == fsm::errc::internal);
  CHECK(got.error().message.find("damaged") != std::string::npos);
  REQUIRE(store->put(name, "good"));
  CHECK(store->get(name) == "good");
}

TEST_CASE("files that are no packages are left alone") {
  const temporary_folder folder;
  const auto store = open(folder);
  write_file(folder.path / "code/ab/notes.txt", "x");
  write_file(folder.path / "code" / hex_encode(sha256("x")), "x");  // In the wrong place.
  CHECK(store->list()->empty());
  CHECK(folder.files() == 2);
}

TEST_CASE("a package that there is no room for is refused, and nothing of it stays") {
  const temporary_folder folder;
  const auto store = open(folder);
  REQUIRE(store->put(sha256("small"), "small"));
  const std::string large(100'000, 'x');
  {
    const size_limit limit{1000};
    const auto kept = store->put(sha256(large), large);
    REQUIRE_FALSE(kept);
    CHECK(kept.error().message == "there is no room on the disk for the package");
  }
  CHECK(folder.files() == 1);
  CHECK(store->get(sha256("small")) == "small");
  REQUIRE(store->put(sha256(large), large));
}

TEST_CASE("a folder that cannot be written to is named") {
  const temporary_folder folder;
  const auto store = open(folder);
  const auto name = sha256("a");
  write_file(folder.file_of(name).parent_path(), "a file where the folder should be");
  const auto kept = store->put(name, "a");
  REQUIRE_FALSE(kept);
  CHECK(kept.error().message.find(folder.path.string()) != std::string::npos);
  write_file(folder.path / "data", "");
  CHECK_FALSE(open_code_store(folder.path / "data", true));
}

TEST_CASE("a copy has the packages, and stays as it is when the original loses them") {
  const temporary_folder folder;
  const auto store = open(folder);
  REQUIRE(store->put(sha256("a"), "a"));
  REQUIRE(store->put(sha256("b"), "b"));
  fs::create_directories(folder.path / "checkpoints/one");
  REQUIRE(store->copy_to("one"));
  REQUIRE(store->remove(sha256("a")));
  const auto copy = open_code_store(folder.path / "checkpoints/one", true);
  REQUIRE(copy);
  CHECK((*copy)->list()->size() == 2);
  CHECK((*copy)->get(sha256("a")) == "a");
  CHECK(read_file(folder.file_of(sha256("b"))) == "b");
}
