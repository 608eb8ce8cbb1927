#include "data_directory.hpp"

#include "flags.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

using namespace bench;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
namespace fs = std::filesystem;

namespace {

/// A directory that is gone at the end of the test.
class scratch {
public:
  scratch() {
    auto pattern = (fs::temp_directory_path() / "bench-test-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() { fs::remove_all(path_); }
  [[nodiscard]] fs::path operator/(const char* name) const { return path_ / name; }
  [[nodiscard]] const fs::path& path() const { return path_; }

private:
  fs::path path_;
};

void write(const fs::path& file, std::string_view text) { std::ofstream{file} << text; }

/// A store with a file in it.
void fill(const fs::path& store) {
  fs::create_directory(store);
  write(store / "data", "x");
}

void check_refused(const fs::path& given, const std::string& why) {
  CHECK_THROWS_MATCHES(data_directory::take(given), usage_error,
                       MessageMatches(ContainsSubstring(given.string()) && ContainsSubstring(why)));
}

}  // namespace

TEST_CASE("a directory that is absent or empty is taken, and what was made in it is left",
          "[bench][data]") {
  const scratch root;
  for (const auto& given : {root / "new", root / "empty"}) {
    if (given.filename() == "empty") fs::create_directory(given);
    fs::path store;
    {
      const auto taken = data_directory::take(given);
      store = taken->place("create");
      CHECK(store.parent_path() == given);
      CHECK_FALSE(fs::exists(store));
      fill(store);
      taken->remove_unless_kept();
    }
    CHECK(fs::exists(store / "data"));
  }
}

TEST_CASE("a later call takes the place of the stores of an earlier one", "[bench][data]") {
  const scratch root;
  const auto given = root / "data";
  for (const char* label : {"create", "invoke"}) fill(data_directory::take(given)->place(label));
  const auto again = data_directory::take(given);
  CHECK(fs::exists(given / "create"));
  CHECK_FALSE(fs::exists(again->place("create")));
  CHECK(fs::exists(given / "invoke"));
  again->remove("invoke");
  CHECK_FALSE(fs::exists(given / "invoke"));
}

TEST_CASE("a directory that is somebody else's is refused, and nothing in it is changed",
          "[bench][data]") {
  const scratch root;
  check_refused(root / "no" / fs::path{"parent"}.c_str(), "there is no");
  write(root / "file", "x");
  check_refused(root / "file", "is no directory");
  fs::create_directory(root / "full");
  write(root / "full" / fs::path{"letter"}, "x");
  check_refused(root / "full", "was not made by fsm-bench");
  CHECK_FALSE(fs::exists(root / "full" / fs::path{data_directory::marker_name}));
  CHECK(fs::exists(root / "full" / fs::path{"letter"}));
}

TEST_CASE("what somebody else has put beside our stores keeps the directory from being used",
          "[bench][data]") {
  const scratch root;
  const auto given = root / "data";
  fill(data_directory::take(given)->place("create"));
  SECTION("a file") {
    write(given / "letter", "x");
    check_refused(given, "holds letter");
  }
  SECTION("a link in the place of a store") {
    fs::create_directory(root / "elsewhere");
    write(root / "elsewhere" / fs::path{"letter"}, "x");
    fs::remove_all(given / "create");
    fs::create_directory_symlink(root / "elsewhere", given / "create");
    check_refused(given, "holds create");
    CHECK(fs::exists(root / "elsewhere" / fs::path{"letter"}));
  }
  SECTION("a marker that names what it cannot have made") {
    std::ofstream{given / data_directory::marker_name, std::ios::app} << "../elsewhere\n";
    check_refused(given, "../elsewhere");
  }
  SECTION("a marker of another program") {
    write(given / data_directory::marker_name, "mine\n");
    check_refused(given, "was not written by fsm-bench");
  }
  CHECK((fs::exists(given / "create" / "data") || fs::is_symlink(given / "create")));
}

TEST_CASE("two calls cannot use one directory at the same time", "[bench][data]") {
  const scratch root;
  const auto given = root / "data";
  auto first = data_directory::take(given);
  check_refused(given, "in use by another fsm-bench");
  first.reset();
  CHECK_NOTHROW(data_directory::take(given));
}

TEST_CASE("a temporary directory is removed with all stores", "[bench][data]") {
  fs::path where;
  {
    const auto made = data_directory::make_temporary();
    where = made->path();
    CHECK(fs::is_directory(where));
    CHECK(made->available_bytes() > 0);
    CHECK_FALSE(made->is_in_memory());
    fill(made->place("create"));
    fill(made->place("invoke"));
    made->remove_unless_kept();
    CHECK_FALSE(fs::exists(where / "create"));
    fill(made->place("create"));
  }
  CHECK_FALSE(fs::exists(where));
}

TEST_CASE("a store has a plain name", "[bench][data]") {
  const auto made = data_directory::make_temporary();
  for (const char* label : {"", "..", "a/b", "a b"})
    CHECK_THROWS_AS(made->place(label), std::runtime_error);
}
