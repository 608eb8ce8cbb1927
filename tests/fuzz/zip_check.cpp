#include "code/zip_check.hpp"

#include "fuzz.hpp"

#include <memory>
#include <string>

// The verdict depends on the bytes and on nothing else; an archive that is good was not cut short,
// and stays good when it is looked at again.

namespace fsm::fuzz {

namespace code = platform::code;

void zip_check(std::string_view input) {
  const auto verdict = code::check_zip(input);
  const std::string copy{input};
  check(code::check_zip(copy) == verdict, "equal archives have equal verdicts");
  if (verdict != code::zip_verdict::good) return;
  check(input.size() >= 22, "an archive has at least a directory's end");
  check(code::check_zip(input.substr(0, input.size() - 1)) != code::zip_verdict::good ||
            input.back() != '\0' || input.size() > 22,
        "an archive without its last byte is none");
}

}  // namespace fsm::fuzz
