#pragma once

#include <fsm/lifecycle.hpp>

#include <span>
#include <string>
#include <string_view>

namespace fsm {

/// The situation's short name, as in `pairs`: "creating", "idle_updating". "" for an illegal pair.
[[nodiscard]] std::string_view situation_name(pair which) noexcept;

/// The situation as the Lambda API shows it: "Active, InProgress"; "Pending" if there is no
/// LastUpdateStatus; "no such function" for `pairs::absent`.
[[nodiscard]] std::string situation_text(pair which);

/// A Mermaid state diagram (`stateDiagram-v2`) of the rows that lead from one situation to another:
/// one arrow per pair of situations, labelled with the events, guards and row ids that take it.
/// Ends in a line break, as all of these texts do.
[[nodiscard]] std::string to_mermaid(std::span<const row> table = lifecycle);

/// The same diagram in the DOT language of Graphviz.
[[nodiscard]] std::string to_dot(std::span<const row> table = lifecycle);

/// Every row as a line of a Markdown table: its id, the situations and events it is about, its
/// condition, where it leads, what becomes of the reasons, the answer to the caller, the effects.
[[nodiscard]] std::string to_markdown(std::span<const row> table = lifecycle);

/// The table in Promela, the language of the model checker Spin: the words, any event that a caller
/// can cause (`any_call`), and every row as an option of `lifecycle(where, what, to, said, does)`.
/// Guards are left open, so that of two rows that complement each other either may apply.
[[nodiscard]] std::string to_promela(std::span<const row> table = lifecycle);

/// The whole page `docs/lifecycle.md`: introduction, diagram, table, the words used in it, and the
/// readings chosen where the rules leave a choice.
[[nodiscard]] std::string lifecycle_page();

}  // namespace fsm
