#include "execution/sandbox/try_command.hpp"

#include "execution/launcher.hpp"

#include <array>
#include <csignal>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace platform::execution {

namespace {

constexpr int patience_ms = 10'000;

std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  const auto end = text.rfind('\n');
  return end == std::string::npos ? text : text.substr(end + 1);
}

}  // namespace

std::optional<std::string> try_command(const std::vector<std::string>& words,
                                       const code::file& filter) {
  const auto started = launch(words, "-", filter);
  if (!started) return started.error().message;
  pollfd end{started->process.descriptor(), POLLIN, 0};
  const bool late = ::poll(&end, 1, patience_ms) != 1;
  if (late) ::kill(started->id, SIGKILL);
  int status = 0;
  ::waitpid(started->id, &status, 0);
  if (!late && WIFEXITED(status) && WEXITSTATUS(status) == 0) return std::nullopt;
  if (late) return "it does not end";
  std::array<char, 4096> text{};
  const auto length = ::read(started->log.descriptor(), text.data(), text.size());
  auto said = last_line({text.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))});
  return said.empty() ? "it fails without a word" : said;
}

}  // namespace platform::execution
