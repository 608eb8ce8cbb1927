#include "dump/line_writer.hpp"

#include <cerrno>
#include <system_error>

namespace dump {

bool line_writer::write(std::string line) {
  if (ended_) return false;
  line += '\n';
  return keep_going(std::fwrite(line.data(), 1, line.size(), to_) == line.size());
}

bool line_writer::flush() { return !ended_ && keep_going(std::fflush(to_) == 0); }

bool line_writer::keep_going(bool written) {
  if (written) return true;
  const int why = errno;
  ended_ = true;
  if (why != EPIPE) problem_ = std::generic_category().message(why);
  return false;
}

}  // namespace dump
