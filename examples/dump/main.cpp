// fsm-dump: prints a store on disk as JSON lines.
#include "dump/flags.hpp"
#include "dump/line_writer.hpp"
#include "dump/printer.hpp"
#include <fsm/rocksdb.hpp>

#include <csignal>
#include <cstdio>
#include <iostream>
#include <string>

namespace {

int fail(const std::string& why) {
  std::cerr << "fsm-dump: " << why << std::endl;
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const auto flags = dump::parse_flags(argc, argv);
  if (!flags) {
    (flags.error().code == 0 ? std::cout : std::cerr) << flags.error().text << std::endl;
    return flags.error().code;
  }
  std::signal(SIGPIPE, SIG_IGN);  // Writing says that the reader has gone.
  dump::line_writer out{stdout};
  dump::printer printer{*flags, out};
  const auto read = fsm::read_rocksdb_store(flags->directory, printer);
  printer.finish();
  if (!read) return fail(read.error().message);
  if (!out.problem().empty()) return fail("cannot write to stdout: " + out.problem());
  if (!printer.found() && !out.ended()) {
    return fail("there is no function " + flags->function + " in " + flags->directory.string());
  }
  return 0;
}
