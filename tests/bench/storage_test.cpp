#include "storage.hpp"

#include "data_directory.hpp"
#include "flags.hpp"
#include "scenarios.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace bench;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Message;
using Catch::Matchers::MessageMatches;

TEST_CASE("without a flag nothing is kept and no directory is made", "[bench][store]") {
  storage where;
  take_directory(where);
  CHECK(where.directory == nullptr);
  CHECK_FALSE(make_store(where)->keeps_documents());
  CHECK_NOTHROW(require_disk("create", where, functions_max));
}

TEST_CASE("too little room on the disk is said with the estimate", "[bench][store]") {
  storage where;
  where.kind = store_kind::rocksdb;
  take_directory(where);
  CHECK_NOTHROW(require_disk("create", where, 1));
  CHECK_THROWS_MATCHES(
      require_disk("create", where, std::uint64_t{1} << 50), usage_error,
      MessageMatches(ContainsSubstring("create: --functions 1125899906842624 needs about") &&
                     ContainsSubstring(where.directory->path().string())));
}

TEST_CASE("a scenario says where its functions can be", "[bench][store]") {
  settings how;
  CHECK_THROWS_MATCHES(require_sense(*find_scenario("recover"), how), usage_error,
                       Message("recover: needs a store on disk, give --store rocksdb"));
  CHECK_THROWS_MATCHES(require_sense(*find_scenario("acknowledge"), how), usage_error,
                       Message("acknowledge: needs a store on disk, give --store rocksdb"));
  how.storage.kind = store_kind::rocksdb;
  CHECK_THROWS_MATCHES(require_sense(*find_scenario("step"), how), usage_error,
                       Message("step: --store makes no sense: it has no runtime"));
  for (const char* name : {"create", "update", "recover", "acknowledge"})
    CHECK_NOTHROW(require_sense(*find_scenario(name), how));
  how.rate = 5;
  CHECK_THROWS_MATCHES(
      require_sense(*find_scenario("recover"), how), usage_error,
      Message("recover: --rate makes no sense: a start-up takes as long as it takes"));
}

TEST_CASE("what is measured beside a scenario takes memory, too", "[bench][store]") {
  settings how;
  const auto& invoke = *find_scenario("invoke");
  const auto alone = invoke.bytes_each(how);
  how.storage.kind = store_kind::rocksdb;
  CHECK(invoke.bytes_each(how) == 2 * alone);
}
