#include <fsm/error.hpp>
#include <fsm/quoted.hpp>

#include <catch2/catch_test_macros.hpp>

#include <set>
#include <string>
#include <string_view>

TEST_CASE("a quoted text stays on one line and is read back as it was", "[quoted]") {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  for (const std::string& text : {std::string{}, std::string{"plain"}, std::string{R"(a "b" \ c)"},
                                  std::string{"two\nlines"}, std::string{"\x7F\x01"}, every_byte}) {
    const std::string line = fsm::quoted(text);
    CHECK(line.find('\n') == std::string::npos);
    const std::string followed = line + " next=1";
    std::string_view rest = followed;
    std::string read;
    REQUIRE(fsm::take_quoted(rest, read));
    CHECK(read == text);
    CHECK(rest == " next=1");
  }
  CHECK(fsm::quoted("a\tb") == R"("a\x09b")");
}

TEST_CASE("what is no whole quoted text is not taken", "[quoted]") {
  for (const std::string_view text : {"", "plain", "\"open", "\"open\\", "\"open\\\""}) {
    std::string_view rest = text;
    std::string read = "as it was";
    CHECK_FALSE(fsm::take_quoted(rest, read));
    CHECK(rest == text);
    CHECK(read == "as it was");
  }
  // An escape that is none stands for its letter.
  std::string_view rest = R"("\xZ1\q")";
  std::string read;
  REQUIRE(fsm::take_quoted(rest, read));
  CHECK(read == "xZ1q");
}

TEST_CASE("each error code has a name of its own", "[error]") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < fsm::errc_count; ++i)
    names.insert(to_string(static_cast<fsm::errc>(i)));
  CHECK(names.size() == fsm::errc_count);
  CHECK(names.count("unknown") == 0);
  CHECK(to_string(static_cast<fsm::errc>(200)) == "unknown");
}
