#include "remote_workload.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <stdexcept>

using namespace bench;
using namespace std::chrono_literals;
using Catch::Matchers::Message;

namespace {

/// A peer that is a shell script; says that it is ready and then does `rest`.
remote_program peer(const std::string& rest) {
  return {"peer", {"sh", "-c", "echo functions 7 rss_bytes 4096; " + rest}, "invoke"};
}

/// For each round the script answers `lines`.
remote_program answering(const std::string& lines) {
  return peer("while read round scenario seconds; do printf '" + lines + "'; done");
}

}  // namespace

TEST_CASE("a peer in another process is measured when it is told", "[bench][remote_workload]") {
  remote_workload work{
      answering("ops 100 seconds 0.5 samples 2 bytes_per_function 300.5 rss_bytes 8192\\n"
                "latency_ns 1000\\nlatency_ns 3000\\n")};
  CHECK(work.functions() == 7);
  CHECK(work.rss_bytes() == 4096);
  for (int round = 0; round < 2; ++round) {
    const auto got = work.measure({.seconds = 0.01});
    CHECK(got.ops == 100);
    CHECK(got.seconds == 0.5);
    CHECK(got.failures == 0);
    CHECK(got.latency.count() == 2);
    CHECK(got.latency.max_us() == 3);
  }
  CHECK(work.bytes_per_function() == 300.5);
  CHECK(work.rss_bytes() == 8192);
}

TEST_CASE("a peer is told the scenario and the seconds", "[bench][remote_workload]") {
  remote_workload work{
      peer("read line; test \"$line\" = 'round invoke 0.250000' && echo ops 1 "
           "seconds 1 samples 0 bytes_per_function 0 rss_bytes 0")};
  CHECK(work.measure({.seconds = 0.25}).ops == 1);
}

TEST_CASE("a peer that ends early is an error with its exit code", "[bench][remote_workload]") {
  CHECK_THROWS_MATCHES((remote_workload{{"peer", {"sh", "-c", "exit 4"}, "invoke"}}),
                       std::runtime_error, Message("peer ended early, with exit code 4"));
  remote_workload work{peer("read line; exit 5")};
  CHECK_THROWS_MATCHES(work.measure({.seconds = 0.01}), std::runtime_error,
                       Message("peer ended early, with exit code 5"));
}

TEST_CASE("a peer that talks nonsense is quoted", "[bench][remote_workload]") {
  CHECK_THROWS_MATCHES((remote_workload{{"peer", {"sh", "-c", "echo hello"}, "invoke"}}),
                       std::runtime_error,
                       Message("peer: 'hello' is not 'functions NUMBER rss_bytes NUMBER'"));
  remote_workload work{answering("ops many\\n")};
  CHECK_THROWS_MATCHES(work.measure({.seconds = 0.01}), std::runtime_error,
                       Message("peer: 'ops many' is not 'ops NUMBER seconds NUMBER samples NUMBER "
                               "bytes_per_function NUMBER rss_bytes NUMBER'"));
}

TEST_CASE("a peer that says nothing is given up", "[bench][remote_workload]") {
  auto silent = peer("exec sleep 600");
  silent.round_patience = 20ms;
  remote_workload work{silent};
  CHECK_THROWS_MATCHES(work.measure({.seconds = 0.01}), std::runtime_error,
                       Message("peer wrote no line within 30 ms"));
  auto slow = remote_program{"peer", {"sleep", "600"}, "invoke", 20ms};
  CHECK_THROWS_MATCHES(remote_workload{slow}, std::runtime_error,
                       Message("peer wrote no line within 20 ms"));
}
