#include "dump/flags.hpp"

#include "platform/flags.hpp"

#include <CLI/CLI.hpp>

#include <charconv>

namespace dump {

namespace {

constexpr std::string_view description =
    "Prints a store on disk as JSON lines, also while a platform is running on it: the store, "
    "owed\n"
    "releases, and functions in the order of their creation. Changes nothing.";

tl::unexpected<flags_exit> refuse(const std::string& why) {
  return tl::make_unexpected(flags_exit{2, "fsm-dump: " + platform::one_line(why)});
}

}  // namespace

tl::expected<flags, flags_exit> parse_flags(int argc, const char* const* argv) {
  CLI::App app{std::string{description}, "fsm-dump"};
  flags given;
  std::string directory;
  std::string limit;
  app.add_option("DIR", directory, "The store's directory, or a checkpoint's")->required();
  app.add_flag("--documents", given.documents, "Print documents, not only their lengths");
  app.add_flag("--history", given.history, "After each function, print its last transitions");
  app.add_flag("--events", given.events, "At the end, print the events that are kept");
  app.add_option("--function", given.function, "Only what concerns functions of this name")
      ->type_name("NAME");
  app.add_option("--limit", limit, "At most N functions, and N events [all]")->type_name("N");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return tl::make_unexpected(flags_exit{0, app.help()});
  } catch (const CLI::ParseError& problem) {
    return refuse(std::string{problem.what()} + " (--help lists the flags)");
  }
  if (directory.empty()) return refuse("DIR: '' is not allowed; it must be a directory");
  const auto* named = app.get_option("--function");
  if (!named->empty() && given.function.empty()) {
    return refuse("--function: '' is not allowed; it must be a function's name");
  }
  if (!app.get_option("--limit")->empty()) {
    const auto* end = limit.data() + limit.size();
    const auto [rest, problem] = std::from_chars(limit.data(), end, given.limit);
    if (problem != std::errc{} || rest != end || given.limit == 0) {
      return refuse("--limit: '" + limit + "' is not allowed; it must be an integer from 1 on");
    }
  }
  given.directory = directory;
  return given;
}

}  // namespace dump
