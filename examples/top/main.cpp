// fsm-top: the overview of an fsm-platform in a terminal, refreshed from its event stream.
#include "client.hpp"
#include "screen.hpp"
#include "terminal.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds pause_max = 10s;

struct words {
  std::string endpoint = "http://127.0.0.1:9001";
  std::string token;
  std::string interval = "1s";
  std::string ca_file;
  bool once = false;
};

int print_once(const words& how) {
  const auto overview = top::get_overview({how.endpoint, how.token, how.ca_file});
  for (const auto& line : top::render(overview, std::nullopt, how.endpoint, {10'000, 1'000}))
    std::cout << line << '\n';
  return 0;
}

// Until somebody quits: connected, or about to be again.
int follow(const words& how) {
  top::terminal screen;
  std::optional<boost::json::object> last;
  std::optional<top::rates> lately;
  auto pause = 500ms;
  const auto draw = [&](const std::string& status) {
    screen.show(top::render(last.value_or(boost::json::object{}), lately, status, screen.size()));
  };
  while (!screen.quit_asked()) {
    std::string problem = "the stream has ended";
    try {
      top::read_overviews(
          {how.endpoint, how.token, how.ca_file}, how.interval,
          [&](boost::json::object overview) {
            if (last) lately = top::rates_between(*last, overview);
            last = std::move(overview);
            pause = 500ms;
            draw("live, q quits");
          },
          [&] { return screen.quit_asked(); });
    } catch (const top::refused&) {
      throw;
    } catch (const std::exception& error) {
      problem = error.what();
    }
    if (screen.quit_asked()) break;
    draw("not connected: " + problem);
    screen.wait(pause);
    pause = std::min(2 * pause, std::chrono::duration_cast<std::chrono::milliseconds>(pause_max));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  words how;
  CLI::App app{"The overview of an fsm-platform in a terminal. Keys: q quits.", "fsm-top"};
  app.add_option("--endpoint", how.endpoint, "Where the platform is [http://127.0.0.1:9001]")
      ->type_name("URL");
  app.add_option("--token", how.token, "The admin token, where there is one")
      ->type_name("TOKEN")
      ->envname("FSM_ADMIN_TOKEN");
  app.add_option("--ca-file", how.ca_file, "Trust the certificates in this file, too")
      ->type_name("FILE");
  app.add_option("--interval", how.interval, "Time between refreshes, as in 500ms or 2s [1s]")
      ->type_name("DUR");
  app.add_flag("--once", how.once, "Print one overview and end");
  CLI11_PARSE(app, argc, argv);
  try {
    return how.once ? print_once(how) : follow(how);
  } catch (const std::exception& problem) {
    std::cerr << "fsm-top: " << problem.what() << std::endl;
    return 1;
  }
}
