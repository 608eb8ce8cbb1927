#include "render_words.hpp"
#include <fsm/render.hpp>

namespace fsm {

namespace {

constexpr std::string_view introduction = R"(# The lifecycle of a function

This page is generated from the lifecycle table by `./dev docs`, which runs `fsm-lifecycle`; do not
edit it. A test compares the two. The table is in `libfsm/include/fsm/lifecycle.hpp`, and every
transition of every function is one of its rows.

)";

constexpr std::string_view choices = R"(
## Choices

The rules of 2019 and today's service do not always say the same, and some cases neither decides.
What was chosen:

1. **A Failed function refuses updates** (T40). It can only be read, deleted and created again. With
   the policy `failed_accepts_update` an update creates it anew (T40x).
2. **An invocation of an Inactive function fails** and starts its restore (T27). The caller learns
   that the function is initializing. A service that speaks to older clients may answer that the
   resource is not ready instead.
3. **While an update is in progress a reader sees the new configuration**, and the previous one
   again if it fails. Invocations run the previous version until the update has succeeded (T21).
4. **Tags are refused while an update is in progress** (T20, T56t), unless the policy
   `tags_during_update` accepts them.
5. **Delete is accepted in every situation** and cancels whatever is under way (T11, T23, T36, T42,
   T53, T57).
6. **In Pending an invocation, an update and the publishing of a version fail**; reads, delete, tags
   and configuration (aliases, concurrency, policy) are accepted. With the policy
   `pending_refuses_all` tags and configuration fail, too (T12x, T52x).
)";

void append_entry(std::string& text, std::string_view name, std::string_view meaning) {
  text.append("* **").append(name).append("**: ").append(meaning).append("\n");
}

void append_situations(std::string& text) {
  text +=
      "\n## Situations\n\nA situation is a State with a LastUpdateStatus. These are all there "
      "are.\n\n"
      "| Situation | State, LastUpdateStatus | Meaning |\n| --- | --- | --- |\n";
  for (const pair& which : legal_pairs) {
    text.append("| ").append(situation_name(which)).append(" | ").append(situation_text(which));
    text.append(" | ").append(words::meaning(which)).append(" |\n");
  }
}

template <class Range>
void append_words(std::string& text, std::string_view title, const Range& all) {
  text.append("\n**").append(title).append("**\n\n");
  for (const auto which : all) append_entry(text, words::name(which), words::meaning(which));
}

}  // namespace

std::string lifecycle_page() {
  std::string text{introduction};
  text.append("```mermaid\n").append(to_mermaid()).append("```\n");
  append_situations(text);
  text +=
      "\n## Rules\n\nEach row is about all the situations and events it names. An empty \"To\" "
      "means that the situation "
      "stays as it\nis; a reason that is not named is kept.\n\n";
  text += to_markdown();
  text += "\n## Words in the table\n";
  append_words(text, "Conditions", words::all_guards);
  append_words(text, "Answers", words::all_answers);
  append_words(text, "Effects", words::all_effects);
  text += choices;
  return text;
}

}  // namespace fsm
