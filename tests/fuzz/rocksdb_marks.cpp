#include "acknowledged_mark.hpp"
#include "fuzz.hpp"
#include "manifest_mark.hpp"

#include <fcntl.h>
#include <filesystem>
#include <string>
#include <unistd.h>

// The two files beside the database that tell when it was cut short: any bytes in them are read as
// a whole mark or as none; a mark that is written is read as it was.

namespace fsm::fuzz {

namespace {

/// A folder of this process.
const std::string& folder() {
  static const std::string path = [] {
    auto where =
        std::filesystem::temp_directory_path() / ("fsm-marks-" + std::to_string(::getpid()));
    std::filesystem::create_directories(where);
    return where.string();
  }();
  return path;
}

void write(const std::string& name, std::string_view text) {
  const int file = ::open((folder() + "/" + name).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  check(file != -1 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()),
        "a file is written");
  ::close(file);
}

bool is_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// A number of twenty digits, or nothing if there is no room for it.
bool fits(std::string_view digits) { return is_digits(digits) && digits <= "18446744073709551615"; }

void check_acknowledged(std::string_view text) {
  write("ACKNOWLEDGED", text);
  const auto mark = rocks::acknowledged_mark::read(folder());
  const bool whole = text.size() >= 79 && text[78] == '\n' && fits(text.substr(0, 20)) &&
                     fits(text.substr(21, 20));
  if (whole) {
    check(mark.synced == std::stoull(std::string{text.substr(0, 20)}), "a mark is what it says");
    check(mark.written == std::stoull(std::string{text.substr(21, 20)}), "a mark is what it says");
  } else {
    check(mark.synced == 0 && mark.written == 0 && mark.boot.empty(), "half a mark is none");
  }
}

void check_written(reader from) {
  const auto sequence = from.number<std::uint64_t>();
  const auto later = from.number<std::uint64_t>();
  std::string boot{from.text().substr(0, 36)};
  for (char& c : boot) c = static_cast<char>('a' + static_cast<unsigned char>(c) % 26);
  std::filesystem::remove(folder() + "/ACKNOWLEDGED");
  auto mark = rocks::acknowledged_mark::open(folder(), boot, sequence);
  check(mark.has_value(), "a mark is opened");
  mark->move_to(later, from.byte() % 2 == 0);
  const auto read = rocks::acknowledged_mark::read(folder());
  check(read.written == later && read.boot == boot, "a mark is read as it was written");
}

void check_manifest(std::string_view text) {
  write("MANIFEST-000001", "12345");
  write("MANIFEST-SIZE", text);
  const auto whole = rocks::manifest_mark::check(folder());
  const std::string_view start = "MANIFEST-00000000000000000001 ";
  const bool says_more = text.size() >= 51 && text.starts_with(start) && text[50] == '\n' &&
                         fits(text.substr(start.size(), 20)) &&
                         text.substr(start.size(), 20) > "00000000000000000005";
  check(whole.has_value() == !says_more, "a MANIFEST is too short if its mark says so");
}

}  // namespace

void rocksdb_marks(std::string_view input) {
  check_acknowledged(input);
  check_written(reader{input});
  check_manifest(input);
}

}  // namespace fsm::fuzz
