#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace bench {

/// `text` as it may stand in an element or an attribute of HTML and of XML. What is not UTF-8, or a
/// control character, becomes U+FFFD.
[[nodiscard]] std::string escaped(std::string_view text);

using attributes = std::initializer_list<std::pair<std::string_view, std::string>>;

/// `<name attributes>inner</name>`. The values of the attributes are escaped, `inner` is markup.
[[nodiscard]] std::string element(std::string_view name, attributes with, std::string_view inner);
/// `<name attributes/>`: void elements of HTML and empty ones of SVG.
[[nodiscard]] std::string leaf(std::string_view name, attributes with);

/// 0.125 as "12.50%".
[[nodiscard]] std::string percent(double share);
/// With one decimal place.
[[nodiscard]] std::string pixels(double value);

}  // namespace bench
