#include "execution/failures.hpp"

#include "execution/log_tail.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

using namespace platform::execution;

namespace {

// As `waitpid` gives it.
constexpr int exited(int code) { return code << 8; }

}  // namespace

TEST_CASE("A process that ended without an answer is described by how it ended") {
  CHECK(exit_text(exited(0)) == "Runtime exited without providing a reason");
  CHECK(exit_text(exited(127)) == "Runtime exited with error: exit status 127");
  CHECK(exit_text(9) == "Runtime exited with error: signal: killed");
  CHECK(exit_text(11) == "Runtime exited with error: signal: segmentation fault");
  // A sandbox hands on how its first process ended.
  CHECK(exit_text(exited(128 + 9)) == "Runtime exited with error: signal: killed");
}

TEST_CASE("A failed start answers the invocation that waited for it") {
  const auto made = outcome_of({.type = "Runtime.ExitError", .message = "it ended"}, "id");
  CHECK(made.function_error == "Unhandled");
  CHECK(made.payload ==
        R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: id Error: it ended"})");
  CHECK(made.broken.empty());
  CHECK(outcome_of({.type = "x", .message = "y", .said = R"({"errorType":"Z"})"}, "id").payload ==
        R"({"errorType":"Z"})");
  start_failure full{.message = "no room"};
  full.platform_failed = full.no_room = true;
  const auto refused = outcome_of(full, "id");
  CHECK(refused.broken == "no room");
  CHECK(refused.no_room);
  CHECK(refused.function_error.empty());
}

TEST_CASE("What a runtime reports is put into one line") {
  CHECK(summary_of(R"({"errorType":"T","errorMessage":"a\nb"})") == "T: a b");
  CHECK(summary_of("no JSON") == "The function failed to start.");
  CHECK(summary_of(R"({"errorMessage":")" + std::string(5000, 'x') + "\"}").size() == 256);
}

TEST_CASE("A long report is cut behind a whole character") {
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "\u00fc";
  const auto cut = summary_of(R"({"errorType":"T","errorMessage":")" + umlauts + "\"}");
  CHECK(cut == "T: " + umlauts.substr(0, 252));
}

TEST_CASE("Of a log the last 4 KB are kept, however it comes") {
  log_tail whole;
  std::string text(100'000, 'a');
  text.replace(text.size() - 3, 3, "end");
  whole.append(text);
  const auto kept = whole.take();
  CHECK(kept.size() == log_tail::bytes_max);
  CHECK(kept.ends_with("aend"));
  CHECK(whole.take().empty());
  log_tail pieces;
  for (int i = 0; i < 100'000; ++i) pieces.append(std::to_string(i % 10));
  CHECK(pieces.take() == [] {
    std::string wanted;
    for (int i = 100'000 - 4096; i < 100'000; ++i) wanted += std::to_string(i % 10);
    return wanted;
  }());
}
