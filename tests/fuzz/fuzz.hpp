#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace fsm::fuzz {

/// What a target throws when something does not hold that should for every input.
struct violation : std::logic_error {
  using std::logic_error::logic_error;
};

/// Throws `violation` unless it holds; `what` is the rule, as a sentence.
inline void check(bool holds, const std::string& what) {
  if (!holds) throw violation{what};
}

/// Makes numbers and texts of an input. Behind its end there are zeros.
class reader {
public:
  explicit reader(std::string_view input) : rest_{input} {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  [[nodiscard]] std::uint8_t byte() noexcept {
    if (rest_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  template <class Number>
  [[nodiscard]] Number number() noexcept {
    Number value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i)
      value = static_cast<Number>((static_cast<std::uint64_t>(value) << 8U) | byte());
    return value;
  }
  /// The next bytes, as many as the byte before them says.
  [[nodiscard]] std::string_view text() noexcept {
    const std::size_t size = byte();
    const auto result = rest_.substr(0, size);
    rest_.remove_prefix(result.size());
    return result;
  }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

private:
  std::string_view rest_;
};

// The targets: each takes one input and throws when it finds something wrong. What each asserts is
// written at the top of its source.

void names(std::string_view input);
void stored(std::string_view input);
void runtime_calls(std::string_view input);
#ifdef FSM_FUZZ_ROCKSDB
void rocksdb_values(std::string_view input);
void rocksdb_marks(std::string_view input);
#endif
#ifdef FSM_FUZZ_PLATFORM
void chunked_body(std::string_view input);
void http_session(std::string_view input);
void platform_records(std::string_view input);
void signature(std::string_view input);
void wire_requests(std::string_view input);
void wire_texts(std::string_view input);
void world_file(std::string_view input);
void zip_check(std::string_view input);
#endif

}  // namespace fsm::fuzz
