#include "render_words.hpp"
#include <fsm/checks.hpp>
#include <fsm/render.hpp>

#include <algorithm>

namespace fsm {

namespace {

constexpr std::string_view introduction =
    "/* The lifecycle table for Spin, printed by `fsm-lifecycle --promela`. The model around it "
    "is\n"
    "   tests/model/function.pml. Conditions of time and policy are left open: of two rows that "
    "only\n"
    "   differ in theirs, either may apply. */\n\n";

std::string situation(std::size_t index) {
  return "in_" + std::string{situation_name(legal_pairs[index])};
}
std::string situation(pair which) { return situation(index_of(which)); }
std::string event_word(std::size_t number) {
  return "on_" + std::string{to_string(static_cast<event>(number))};
}
std::string answer_word(answer which) { return "says_" + std::string{to_string(which)}; }
std::string effect_word(effect which) {
  std::string word = "do_" + std::string{words::name(which)};
  std::replace(word.begin(), word.end(), ' ', '_');
  return word;
}

/// Adds `word` behind what `list` has already.
void add(std::string& list, std::string_view separator, std::string_view word) {
  if (!list.empty()) list += separator;
  list += word;
}

/// "mtype = { ... };"
void append_type(std::string& text, const std::string& list) {
  text += "mtype = { " + list + " };\n";
}

/// A macro that holds for the situations that `belongs` accepts.
template <class Predicate>
void append_class(std::string& text, std::string_view name, Predicate belongs) {
  std::string list;
  for (const pair& which : legal_pairs) {
    if (belongs(which)) add(list, " || ", "(s) == " + situation(which));
  }
  text.append("#define ").append(name).append("(s) (").append(list).append(")\n");
}

void append_words(std::string& text) {
  std::string situations;
  for (std::size_t i = 0; i < legal_pairs.size(); ++i) add(situations, ", ", situation(i));
  std::string events;
  for (std::size_t e = 0; e < event_count; ++e) add(events, ", ", event_word(e));
  std::string answers;
  for (const answer which : words::all_answers) add(answers, ", ", answer_word(which));
  append_type(text, situations);
  append_type(text, events);
  append_type(text, answers);
  for (const effect which : words::all_effects) {
    const auto bit = 1U << static_cast<unsigned>(which);
    text += "#define " + effect_word(which) + " " + std::to_string(bit) + "\n";
  }
  for (const state which : {state::pending, state::active, state::inactive}) {
    std::string name = "is_" + std::string{wire_name(which)};
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    append_class(text, name, [which](pair p) { return p.state == which; });
  }
  append_class(text, "awaits_provision",
               [](pair p) { return checks::expects(p, event::provision_succeeded); });
  append_class(text, "awaits_update",
               [](pair p) { return checks::expects(p, event::update_succeeded); });
  append_class(text, "awaits_restore",
               [](pair p) { return checks::expects(p, event::restore_succeeded); });
}

/// Any event that a caller can cause.
void append_calls(std::string& text) {
  text += "\ninline any_call(what) {\n  if\n";
  for (std::size_t e = 0; e < event_count; ++e) {
    if (checks::is_external(static_cast<event>(e))) text += "  :: what = " + event_word(e) + "\n";
  }
  text += "  fi\n}\n";
}

/// An option of the step: it can be taken in the row's situations, on its events.
void append_row(std::string& text, const row& rule) {
  std::string from;
  for (std::size_t p = 0; p < legal_pairs.size(); ++p) {
    if (rule.from.contains(p)) add(from, " || ", "where == " + situation(p));
  }
  std::string on;
  for (std::size_t e = 0; e < event_count; ++e) {
    if (rule.on.contains(e)) add(on, " || ", "what == " + event_word(e));
  }
  std::string effects;
  for (const effect which : words::all_effects) {
    if (rule.effects.contains(static_cast<std::size_t>(which)))
      add(effects, " | ", effect_word(which));
  }
  text += "  /* " + std::string{rule.id} + " */ :: (" + from + ") && (" + on + ") -> ";
  text += "to = " + (rule.stays ? "where" : situation(rule.to)) + "; ";
  text += "said = " + answer_word(rule.answer) + "; ";
  text += "does = " + (effects.empty() ? "0" : effects) + "\n";
}

}  // namespace

std::string to_promela(std::span<const row> table) {
  std::string text{introduction};
  append_words(text);
  append_calls(text);
  text +=
      "\n/* What the event `what` does in the situation `where`: where it leads to, what is "
      "answered,\n   and the effects. */\ninline lifecycle(where, what, to, said, does) {\n  if\n";
  for (const row& rule : table) append_row(text, rule);
  text += "  fi\n}\n";
  return text;
}

}  // namespace fsm
