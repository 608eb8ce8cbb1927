#include "child_process.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <array>
#include <csignal>
#include <poll.h>
#include <stdexcept>
#include <unistd.h>

using namespace bench;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Message;
using Catch::Matchers::MessageMatches;

namespace {

constexpr auto patience = 30s;

child_process shell(const std::string& script) { return {"sh", {"sh", "-c", script}}; }

}  // namespace

TEST_CASE("a child is told lines and answers in lines", "[bench][child_process]") {
  child_process cat{"cat", {"cat"}};
  cat.write_line("one");
  cat.write_line("two");
  CHECK(cat.read_line(patience) == "one");
  CHECK(cat.read_line(patience) == "two");
}

TEST_CASE("how a child ended is known when it has no more lines", "[bench][child_process]") {
  auto child = shell("echo last; exit 3");
  CHECK(child.read_line(patience) == "last");
  CHECK(child.read_line(patience) == std::nullopt);
  CHECK(child.wait() == 3);
  auto killed = shell("kill -9 $$");
  CHECK(killed.read_line(patience) == std::nullopt);
  CHECK(killed.wait() == 128 + SIGKILL);
}

TEST_CASE("a child that closes its stdout and stays is ended", "[bench][child_process]") {
  auto child = shell("exec sleep 600 >&-");
  CHECK(child.read_line(patience) == std::nullopt);
  CHECK(child.wait() == 128 + SIGKILL);
}

TEST_CASE("a silent child is waited for until the deadline", "[bench][child_process]") {
  auto child = shell("exec sleep 600");
  CHECK_THROWS_MATCHES(child.read_line(20ms), std::runtime_error,
                       Message("sh wrote no line within 20 ms"));
}

TEST_CASE("a line without an end is refused", "[bench][child_process]") {
  auto child = shell("exec tr '\\0' x </dev/zero");
  CHECK_THROWS_MATCHES(child.read_line(patience), std::runtime_error,
                       Message("sh wrote a line of more than 4096 characters"));
}

TEST_CASE("a child that has gone is an error when it is told something, not a signal",
          "[bench][child_process]") {
  auto child = shell("exit 0");
  CHECK(child.read_line(patience) == std::nullopt);
  CHECK(child.wait() == 0);
  CHECK_THROWS_MATCHES(child.write_line("anybody?"), std::runtime_error,
                       Message("sh does not read what it is told"));
}

TEST_CASE("a program that is not there cannot be started", "[bench][child_process]") {
  CHECK_THROWS_MATCHES((child_process{"it", {"fsm-bench-no-such-program"}}), std::runtime_error,
                       MessageMatches(ContainsSubstring("it cannot be started")));
  CHECK(find_program("fsm-bench-no-such-program").empty());
  CHECK(find_program("sh").ends_with("/sh"));
}

TEST_CASE("a child and what it has started are gone with the object", "[bench][child_process]") {
  // Both inherit the end for writing; the other end sees when the last of them is gone.
  std::array<int, 2> held{};
  REQUIRE(pipe(held.data()) == 0);
  {
    auto child = shell("sleep 600 & echo started; wait");
    close(held[1]);
    CHECK(child.read_line(patience) == "started");
    pollfd end{held[0], POLLIN, 0};
    CHECK(poll(&end, 1, 0) == 0);
  }
  pollfd end{held[0], POLLIN, 0};
  CHECK(poll(&end, 1, 30'000) == 1);
  CHECK((end.revents & POLLHUP) != 0);
  close(held[0]);
}

TEST_CASE("values are read by name, in order, and nothing else is accepted",
          "[bench][child_process]") {
  CHECK(parse_values("ops 12 seconds 0.5", {"ops", "seconds"}) == std::vector{12.0, 0.5});
  for (const auto* wrong :
       {"", "ops", "ops 12", "ops 12 seconds", "ops 12 seconds x", "ops 12 seconds 1x",
        "ops 12 seconds -1", "ops 12 seconds nan", "ops 12 seconds inf", "ops 12 seconds 1 more 2",
        "seconds 1 ops 12", "ops  12 seconds 1", " ops 12 seconds 1", "{error, badarg}"}) {
    CHECK_THROWS_MATCHES(
        parse_values(wrong, {"ops", "seconds"}), std::runtime_error,
        Message("'" + std::string{wrong} + "' is not 'ops NUMBER seconds NUMBER'"));
  }
}

TEST_CASE("a child that is killed is gone at once", "[bench][child_process]") {
  auto child = shell("echo $$; exec sleep 1000");
  const auto line = child.read_line(patience);
  REQUIRE(line);
  const auto pid = static_cast<pid_t>(std::stol(*line));
  CHECK(kill(pid, 0) == 0);
  child.kill_now();
  CHECK(kill(pid, 0) == -1);
  CHECK_NOTHROW(child.kill_now());
}
