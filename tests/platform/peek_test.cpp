#include "http/peek.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <sys/socket.h>
#include <unistd.h>

using platform::http::peek;
using platform::http::peeked;

TEST_CASE("A look at a socket does not wait, takes nothing, and sees the end") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  CHECK(peek(ends[0]) == peeked::nothing);
  REQUIRE(::write(ends[1], "x", 1) == 1);
  CHECK(peek(ends[0]) == peeked::bytes);
  CHECK(peek(ends[0]) == peeked::bytes);
  char byte = 0;
  REQUIRE(::read(ends[0], &byte, 1) == 1);
  CHECK(peek(ends[0]) == peeked::nothing);
  ::close(ends[1]);
  CHECK(peek(ends[0]) == peeked::end);
  ::close(ends[0]);
}
