#include "page/markup.hpp"

#include "page/charts.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace bench;

TEST_CASE("what means something to HTML is escaped", "[bench][page]") {
  CHECK(escaped("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#39;");
  CHECK(escaped("99 µs – 1×") == "99 µs – 1×");
  CHECK(escaped("") == "");
}

TEST_CASE("what XML does not allow is replaced", "[bench][page]") {
  CHECK(escaped(std::string{"a\0b", 3}) ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(escaped("\x1B[31m") == "\xEF\xBF\xBD[31m");
  CHECK(escaped("\xC0\xAF") == "\xEF\xBF\xBD\xEF\xBF\xBD");          // Overlong.
  CHECK(escaped("\xED\xA0\x80").find('\xED') == std::string::npos);  // A surrogate.
  CHECK(escaped("\xEF\xBF\xBF").find("\xEF\xBF\xBF") == std::string::npos);
  CHECK(escaped("cut \xE2\x82") == "cut \xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("attributes are escaped, markup inside is not", "[bench][page]") {
  CHECK(element("p", {{"title", "a\"b"}}, "<b></b>") == "<p title=\"a&quot;b\"><b></b></p>");
  CHECK(leaf("br", {}) == "<br/>");
}

TEST_CASE("a label is broken where it may be, and cut when it is too long", "[bench][page]") {
  using lines = std::vector<std::string>;
  CHECK(broken("invoke", 10, 2) == lines{"invoke"});
  CHECK(broken("exactly_10", 10, 2) == lines{"exactly_10"});
  CHECK(broken("hardware_probe", 10, 2) == lines{"hardware_", "probe"});
  CHECK(broken("invoke_batch/probe", 17, 2) == lines{"invoke_batch/", "probe"});
  CHECK(broken("abcdefghijklm", 10, 2) == lines{"abcdefghij", "klm"});
  CHECK(broken("abcdefghijklm", 4, 2) == lines{"abcd", "efgh…"});
  CHECK(broken("µµµµµ", 5, 1) == lines{"µµµµµ"});
}
