#pragma once

#include <fsm/step.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace fsm::testing {

/// How far to look.
struct exhaustive_options {
  std::size_t depth = 12;          ///< Things that happen, one after the other.
  std::uint32_t attempts_max = 3;  ///< A call that would start one more is not made.
  std::uint32_t crashes_max = 1;
  std::size_t journal_max = 2;  ///< Transitions and notes on their way to the store.
};

struct exhaustive_result {
  std::size_t states = 0;   ///< Different ones.
  std::size_t changes = 0;  ///< From one to another.
  std::size_t depth = 0;    ///< At which the last new one was seen.
  /// What does not hold, and what leads there; empty if everything holds.
  std::string violation;
  std::vector<std::string> path;
};

using step_function = std::function<outcome(const lifecycle_record&, const happening&)>;

/// Everything that can happen to one function, its provisioner, its store and its owner, which may
/// crash, in every order: a model in which the lifecycle is the real one (or `rules`), and the rest
/// is written down as docs/architecture.md tells it. In every state:
///
/// * what the durable record holds, the provider holds;
/// * nothing is released that the record holds or an invocation runs on;
/// * if everything goes well from there on, it comes to rest, and then the provider holds what the
///   record holds and nothing else; after a crash, once an audit has been made.
[[nodiscard]] exhaustive_result check_exhaustively(const exhaustive_options& how,
                                                   const step_function& rules);

}  // namespace fsm::testing
