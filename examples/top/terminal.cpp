#include "terminal.hpp"

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace top {

namespace {

volatile std::sig_atomic_t signalled = 0;

void note_signal(int /*which*/) { signalled = 1; }

constexpr auto enter = "\x1b[?1049h\x1b[?25l";  // The other screen, without a cursor.
constexpr auto leave = "\x1b[?25h\x1b[?1049l";

}  // namespace

struct terminal::state {
  termios before{};
  bool is_terminal = isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0;
  bool quit = false;
};

terminal::terminal() : state_{std::make_unique<state>()} {
  for (const int which : {SIGINT, SIGTERM, SIGHUP}) std::signal(which, note_signal);
  if (!state_->is_terminal) return;
  tcgetattr(STDIN_FILENO, &state_->before);
  auto raw = state_->before;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  std::cout << enter << std::flush;
}

terminal::~terminal() {
  if (!state_->is_terminal) return;
  std::cout << leave << std::flush;
  tcsetattr(STDIN_FILENO, TCSANOW, &state_->before);
}

screen_size terminal::size() const {
  winsize found{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &found) != 0 || found.ws_col == 0) return {};
  return {found.ws_col, found.ws_row};
}

void terminal::show(const std::vector<std::string>& lines) {
  if (!state_->is_terminal) {
    for (const auto& line : lines) std::cout << line << '\n';
    std::cout << std::endl;
    return;
  }
  std::string text = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += lines[i] + "\x1b[K";
    if (i + 1 < lines.size()) text += "\r\n";
  }
  std::cout << text << "\x1b[J" << std::flush;
}

bool terminal::quit_asked() {
  if (signalled != 0) return true;
  pollfd keys{STDIN_FILENO, POLLIN, 0};
  while (!state_->quit && state_->is_terminal && poll(&keys, 1, 0) > 0) {
    char key = 0;
    if (read(STDIN_FILENO, &key, 1) != 1) return true;  // The terminal is gone.
    state_->quit = key == 'q' || key == 'Q';
  }
  return state_->quit;
}

void terminal::wait(std::chrono::milliseconds span) {
  const auto end = std::chrono::steady_clock::now() + span;
  while (!quit_asked() && std::chrono::steady_clock::now() < end) poll(nullptr, 0, 100);
}

}  // namespace top
