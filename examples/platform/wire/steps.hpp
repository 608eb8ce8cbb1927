#pragma once

#include "wire/attributes.hpp"
#include "wire/call.hpp"
#include "wire/names.hpp"

#include <boost/json/object.hpp>
#include <tl/expected.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>

/// \file
/// For operations that take several steps (look, decide, change): they run on a worker, where they
/// may wait, in a straight line. A step that fails ends them with the error to answer with.

namespace platform::wire {

/// Ends an operation with an error; the service answers it.
class refusal final : public std::exception {
public:
  explicit refusal(failure why) : why_{std::move(why)} {}
  [[nodiscard]] const failure& why() const noexcept { return why_; }
  [[nodiscard]] const char* what() const noexcept override { return why_.message.c_str(); }

private:
  failure why_;
};

/// The value of a step, or the operation's end.
template <class T>
[[nodiscard]] T need(tl::expected<T, failure> step) {
  if (!step) throw refusal{std::move(step.error())};
  return *std::move(step);
}

/// Ends the operation if something is wrong.
void refuse_if(const std::optional<failure>& wrong);

/// A function as it is, with what hangs on it.
struct whole_function {
  fsm::function_view view;
  attributes what;
};

/// Looks a function up; `about` says how it is called when there is none.
[[nodiscard]] whole_function look_up(const site& where, const std::string& name,
                                     const subject& about);

/// Looks up the function that a target belongs to. Ends the operation when it is not there, or its
/// version or alias is not.
[[nodiscard]] whole_function look_up_qualified(const site& where, const function_target& which);

/// What has a lifecycle and is called by this: the function, or the version that the qualifier
/// names or leads to. Ends the operation when there is no such alias; whether the rest is there is
/// not asked.
[[nodiscard]] std::string look_up_entity(const site& where, const function_target& which);

/// The revision a client wants a function or alias to have, if it named one. Ends the operation
/// unless `current` is it.
void require_revision(const std::optional<std::string>& wanted, const std::string& current);

/// Does what the runtime is asked for, again and again for a few seconds while it has no room: a
/// step that must not be the one at which an operation ends half done.
[[nodiscard]] fsm::expected<fsm::function_view> insist(
    const std::function<fsm::expected<fsm::function_view>()>& step);

/// A change of what hangs on a function.
struct attribute_change {
  std::string name;
  /// Whether it is accepted now, and whether it renews the RevisionId: see `fsm::change_request`.
  fsm::event event = fsm::event::configure;
  /// For the errors.
  subject about;
  /// The function's RevisionId, if the client named it.
  std::optional<std::string> revision{};
};

/// Looks the function up, lets `edit` change its attributes (or end the operation), and keeps them;
/// once more from the start when the function has changed meanwhile. Gives the function as it is
/// then. The caller holds the function's lock.
fsm::function_view change_attributes(
    const site& where, const attribute_change& what,
    const std::function<void(const fsm::function_view& view, attributes& into)>& edit);

/// Asks whether something would be accepted now, without changing anything; see `attribute_change`.
void require_acceptance(const site& where, const std::string& name, fsm::event event,
                        const subject& about, std::uint32_t expected_revision = 0);

}  // namespace platform::wire
