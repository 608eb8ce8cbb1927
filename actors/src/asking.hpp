#pragma once

#include "questions.hpp"
#include <fsm/runtime.hpp>

#include <memory>
#include <string_view>

namespace fsm::detail {

struct core;

/// How often a call starts anew when the function changed hands or versions under it.
inline constexpr int rounds_max = 16;

/// Why no synchronous call may be made on this thread now; `errc::none` if one may.
[[nodiscard]] error refuse_sync(const core& o);

/// Asks the function, and waits for the view it ends in.
[[nodiscard]] expected<function_view> ask(core& o, std::string_view name, question q,
                                          bool with_document);

/// Asks; the view it ends in goes to a callback. At most `options::calls_max` are under way.
void ask_later(const std::shared_ptr<core>& o, std::string_view name, question q,
               bool with_document, runtime::view_callback done);
/// The same with the document, but an answer that is there at once goes to the callback at once.
void look_at_once(const std::shared_ptr<core>& o, std::string_view name, question q,
                  runtime::view_callback done);

}  // namespace fsm::detail
