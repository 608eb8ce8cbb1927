#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// \file
/// What the platform and a process on its way into an environment say to each other, over a socket
/// that keeps messages apart.

namespace platform::execution {

/// Descriptors that a process starts with: input, output and errors as usual, and
inline constexpr int control_descriptor = 3;
inline constexpr int filter_descriptor = 4;
inline constexpr int first_foreign_descriptor = 5;

/// Of a message.
inline constexpr std::size_t entry_bytes_max = std::size_t{128} << 10U;

/// What the process says: this, and the socket on which its runtime will ask for invocations; then
/// perhaps the other, a number of an error, a blank, and what failed.
inline constexpr char listening_word = 'L';
inline constexpr char failed_word = 'F';

/// What the process is told.
struct entry {
  /// Limits, as digits; "" = none.
  std::string processes_max{};
  std::string files_max{};
  std::string data_bytes_max{};
  std::string folder{};
  /// Never empty.
  std::vector<std::string> words{};
  std::vector<std::string> variables{};
};

/// As a message: texts, each with a NUL behind it.
inline std::string write_entry(const entry& what) {
  std::string result;
  const auto add = [&result](std::string_view text) { result.append(text).push_back('\0'); };
  for (const auto* each :
       {&what.processes_max, &what.files_max, &what.data_bytes_max, &what.folder}) {
    add(*each);
  }
  for (const auto& each : what.words) add(each);
  add({});  // No word is empty.
  for (const auto& each : what.variables) add(each);
  return result;
}

/// Nothing if it is not like that.
inline std::optional<entry> read_entry(std::string_view text) {
  entry result;
  const auto next = [&text]() -> std::optional<std::string> {
    const auto end = text.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    std::string word{text.substr(0, end)};
    text.remove_prefix(end + 1);
    return word;
  };
  for (auto* each :
       {&result.processes_max, &result.files_max, &result.data_bytes_max, &result.folder}) {
    auto word = next();
    if (!word) return std::nullopt;
    *each = *std::move(word);
  }
  while (true) {
    auto word = next();
    if (!word) return std::nullopt;
    if (word->empty()) break;
    result.words.push_back(*std::move(word));
  }
  while (auto word = next()) result.variables.push_back(*std::move(word));
  if (result.words.empty() || !text.empty()) return std::nullopt;
  return result;
}

}  // namespace platform::execution
