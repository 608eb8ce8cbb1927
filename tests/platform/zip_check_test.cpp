#include "code/zip_check.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

using platform::code::check_zip;
using platform::code::unzipped_bytes_max;
using platform::code::zip_verdict;

namespace {

std::string number(std::uint64_t value, int bytes) {
  std::string result;
  for (int i = 0; i < bytes; ++i) result.push_back(static_cast<char>(value >> (8 * i)));
  return result;
}

// One stored file, as its directory describes it.
struct entry {
  std::string name = "index.py";
  std::string content = "pass";
  std::uint32_t claimed_size = 4;
  std::uint16_t flags = 0;
  std::uint32_t offset = 0;
};

// An archive made by hand, so that it can lie.
std::string archive(const entry& what, std::uint16_t count = 1) {
  const auto fields = number(20, 2) + number(what.flags, 2) + number(0, 2) + number(0, 4) +
                      number(0x9B4F2A11, 4) + number(what.content.size(), 4) +
                      number(what.claimed_size, 4) + number(what.name.size(), 2) + number(0, 2);
  auto result = "PK\x03\x04" + fields + what.name + what.content;
  const auto start = result.size();
  result += "PK\x01\x02" + number(20, 2) + fields + number(0, 2) + number(0, 2) + number(0, 2) +
            number(0, 4) + number(what.offset, 4) + what.name;
  const auto size = result.size() - start;
  return result + "PK\x05\x06" + number(0, 4) + number(count, 2) + number(count, 2) +
         number(size, 4) + number(start, 4) + number(0, 2);
}

}  // namespace

TEST_CASE("an archive is good, and an empty one, too") {
  CHECK(check_zip(archive({})) == zip_verdict::good);
  CHECK(check_zip(archive({.name = "a/b..c/..d/e.py"})) == zip_verdict::good);
  CHECK(check_zip(std::string{"PK\x05\x06"} + std::string(18, '\0')) == zip_verdict::good);
}

TEST_CASE("what is no archive is broken") {
  CHECK(check_zip("") == zip_verdict::broken);
  CHECK(check_zip("not a zip") == zip_verdict::broken);
  CHECK(check_zip(std::string(100'000, '\0')) == zip_verdict::broken);
  const auto whole = archive({});
  CHECK(check_zip(std::string_view{whole}.substr(0, whole.size() - 1)) == zip_verdict::broken);
}

TEST_CASE("an archive whose directory points beside its files is broken") {
  CHECK(check_zip(archive({.offset = 7})) == zip_verdict::broken);
  CHECK(check_zip(archive({}, 2)) == zip_verdict::broken);
}

TEST_CASE("names that lead out of the archive are refused") {
  const auto* name = GENERATE("../evil", "a/../../evil", "/etc/evil", "..", "a/..", "..\\evil",
                              "\\evil", "c:evil");
  CAPTURE(name);
  CHECK(check_zip(archive({.name = name})) == zip_verdict::broken);
}

TEST_CASE("an encrypted file is refused") {
  CHECK(check_zip(archive({.flags = 1})) == zip_verdict::broken);
}

TEST_CASE("files that are too large together are refused by what the directory says") {
  const auto limit = static_cast<std::uint32_t>(unzipped_bytes_max);
  CHECK(check_zip(archive({.claimed_size = limit})) == zip_verdict::good);
  CHECK(check_zip(archive({.claimed_size = limit + 1})) == zip_verdict::too_large);
  CHECK(check_zip(archive({.name = "../x", .claimed_size = limit + 1})) == zip_verdict::broken);
}

TEST_CASE("a damaged archive gives a verdict, whichever bytes are wrong") {
  std::mt19937 random{1};
  const auto whole = archive({});
  for (int round = 0; round < 20'000; ++round) {
    auto bytes = whole;
    for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    if (round % 3 == 0) bytes.resize(random() % bytes.size());
    static_cast<void>(check_zip(bytes));
  }
  SUCCEED("none of them ended the process");
}
