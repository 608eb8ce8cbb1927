#pragma once

#include <fsm/actors.hpp>
#include <fsm/runtime.hpp>

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <variant>

/// \file
/// What the tests share that talk to functions as CAF users do.

namespace caf_support {

using namespace std::chrono_literals;

/// Nothing here takes that long; it only ends a test that hangs.
inline constexpr auto patience = 20s;

template <class T>
using answer = std::variant<T, caf::error>;

/// Asks `whom` and waits for an answer of type T, or an error.
template <class T, class Handle, class... Args>
answer<T> ask(caf::scoped_actor& self, const Handle& whom, Args&&... args) {
  answer<T> got = caf::error{};
  self->request(whom, patience, std::forward<Args>(args)...)
      .receive([&got](T& value) { got = std::move(value); },
               [&got](caf::error& why) { got = std::move(why); });
  return got;
}

/// The same for a ping; -1 stands for an error.
template <class Handle>
std::int64_t ping(caf::scoped_actor& self, const Handle& whom, std::uint64_t n) {
  std::int64_t got = -1;
  self->request(whom, patience, fsm::ping_atom::value, n)
      .receive([&got](fsm::ping_atom, std::uint64_t m) { got = static_cast<std::int64_t>(m); },
               [](caf::error&) {});
  return got;
}

/// Creates a function and waits until it is Active.
inline caf::actor make_active(fsm::runtime& runtime, std::string name) {
  const auto created = runtime.create({.name = name, .document = "one"});
  REQUIRE(created);
  const auto there = runtime.wait(name, fsm::active, 20s);
  REQUIRE(there);
  auto got = fsm::handle(runtime, name);
  REQUIRE(got);
  return *std::move(got);
}

/// Waits for something that must come true soon, on its own.
template <class F>
[[nodiscard]] bool soon(F holds) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

}  // namespace caf_support
