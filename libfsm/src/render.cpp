#include "render_words.hpp"
#include <fsm/render.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace fsm {

namespace {

/// An arrow of a diagram: indices in `legal_pairs`, and one line of label per row that takes it.
struct arrow {
  std::size_t from;
  std::size_t to;
  std::vector<std::string> labels;
};

/// Adds a text to a list, with the separator before it unless it is the first.
void append_listed(std::string& list, std::string_view text, std::string_view separator) {
  if (!list.empty()) list += separator;
  list += text;
}

std::string events_of(const row& rule, std::string_view separator) {
  std::string list;
  for (std::size_t e = 0; e < event_count; ++e) {
    if (rule.on.contains(e)) append_listed(list, to_string(static_cast<event>(e)), separator);
  }
  return list;
}

std::string label_of(const row& rule) {
  std::string label = events_of(rule, ", ");
  if (rule.when != guard::always) label += " if " + std::string{words::name(rule.when)};
  return label + " (" + std::string{rule.id} + ")";
}

/// The arrows of a table in the order of their first row; rows between the same two share one.
std::vector<arrow> arrows_of(std::span<const row> table) {
  std::vector<arrow> arrows;
  for (const row& rule : table) {
    if (rule.stays) continue;
    const auto to = index_of(rule.to);
    for (std::size_t from = 0; from < legal_pairs.size(); ++from) {
      if (!rule.from.contains(from)) continue;
      auto found = std::find_if(arrows.begin(), arrows.end(), [from, to](const arrow& candidate) {
        return candidate.from == from && candidate.to == to;
      });
      if (found == arrows.end()) found = arrows.insert(arrows.end(), {from, to, {}});
      found->labels.push_back(label_of(rule));
    }
  }
  return arrows;
}

std::string joined(const std::vector<std::string>& lines, std::string_view separator) {
  std::string text;
  for (const auto& line : lines) append_listed(text, line, separator);
  return text;
}

std::string mermaid_node(std::size_t index) {
  return legal_pairs[index] == pairs::absent ? "[*]"
                                             : std::string{situation_name(legal_pairs[index])};
}

std::string from_cell(const row& rule) {
  if (rule.from == table_words::existing) return "every existing one";
  std::string list;
  for (std::size_t p = 0; p < legal_pairs.size(); ++p) {
    if (rule.from.contains(p)) append_listed(list, situation_name(legal_pairs[p]), ", ");
  }
  return list;
}

std::string reason_cell(const row& rule) {
  std::string list;
  const auto add = [&list](std::string_view whose, reason_rule what) {
    if (what == reason_rule::keep) return;
    append_listed(list, whose, ", ");
    list += words::name(what);
  };
  if (rule.stays) return list;
  add("State: ", rule.state_reason);
  add("update: ", rule.update_reason);
  return list;
}

std::string effect_cell(const row& rule) {
  std::string list;
  for (const effect which : words::all_effects) {
    if (rule.effects.contains(static_cast<std::size_t>(which))) {
      append_listed(list, words::name(which), ", ");
    }
  }
  return list;
}

}  // namespace

std::string_view situation_name(pair which) noexcept {
  constexpr std::array<std::string_view, legal_pairs.size()> names{"absent",
                                                                   "creating",
                                                                   "ready",
                                                                   "updating",
                                                                   "update_failed",
                                                                   "broken",
                                                                   "idle",
                                                                   "restoring",
                                                                   "idle_updating",
                                                                   "idle_update_failed",
                                                                   "restoring_update_failed"};
  const auto index = index_of(which);
  return index < names.size() ? names[index] : std::string_view{};
}

std::string situation_text(pair which) {
  if (which == pairs::absent) return "no such function";
  std::string text{wire_name(which.state)};
  append_listed(text, wire_name(which.update_status),
                which.update_status == last_update_status::none ? "" : ", ");
  return text;
}

std::string to_mermaid(std::span<const row> table) {
  std::string text = "stateDiagram-v2\n";
  for (const pair& which : legal_pairs) {
    if (which == pairs::absent) continue;
    text +=
        "  state \"" + situation_text(which) + "\" as " + std::string{situation_name(which)} + "\n";
  }
  for (const auto& [from, to, labels] : arrows_of(table)) {
    text += "  " + mermaid_node(from) + " --> " + mermaid_node(to) + " : " +
            joined(labels, "<br/>") + "\n";
  }
  return text;
}

std::string to_dot(std::span<const row> table) {
  std::string text =
      "digraph lifecycle {\n"
      "  node [shape=box, style=rounded];\n";
  for (const pair& which : legal_pairs) {
    text +=
        "  " + std::string{situation_name(which)} + " [label=\"" + situation_text(which) + "\"];\n";
  }
  for (const auto& [from, to, labels] : arrows_of(table)) {
    text += "  " + std::string{situation_name(legal_pairs[from])} + " -> " +
            std::string{situation_name(legal_pairs[to])} + " [label=\"" + joined(labels, "\\n") +
            "\"];\n";
  }
  return text + "}\n";
}

std::string to_markdown(std::span<const row> table) {
  std::string text =
      "| Rule | From | Event | Condition | To | Reasons | Answer | Effects |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
  for (const row& rule : table) {
    const auto add = [&text](std::string_view cell) {
      text += cell.empty() ? "" : " ";
      text.append(cell).append(" |");
    };
    text += "|";
    add(rule.id);
    add(from_cell(rule));
    add(events_of(rule, ", "));
    add(rule.when == guard::always ? "" : words::name(rule.when));
    add(rule.stays ? "" : situation_name(rule.to));
    add(reason_cell(rule));
    add(words::name(rule.answer));
    add(effect_cell(rule));
    text += "\n";
  }
  return text;
}

}  // namespace fsm
