#pragma once

#include "page/facts.hpp"

#include <string>

namespace bench {

/// The whole report: one HTML page that is also well-formed XML, with its charts as SVG and every
/// figure in a table. It refers to nothing outside of itself and runs no script.
[[nodiscard]] std::string to_html(const page_facts& facts);

/// Its style sheet.
[[nodiscard]] std::string page_style();

}  // namespace bench
