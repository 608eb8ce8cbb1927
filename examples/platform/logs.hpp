#pragma once

#include <spdlog/common.h>
#include <spdlog/formatter.h>
#include <spdlog/logger.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace platform {

/// The parts of the platform that write to its log, each with a level of its own.
enum class component : std::uint8_t {
  platform,  ///< Start, stop, recovery.
  runtime,   ///< The library.
  store,     ///< What keeps functions on disk.
  http,      ///< Connections.
  api,       ///< Requests.
  invoke,    ///< Invocations and the queue of events.
  code,      ///< Packages.
};
inline constexpr std::array<std::string_view, 7> component_names{
    "platform", "runtime", "store", "http", "api", "invoke", "code"};

struct log_settings {
  /// JSON lines instead of text.
  bool json = false;
  std::array<spdlog::level::level_enum, component_names.size()> levels = [] {
    std::array<spdlog::level::level_enum, component_names.size()> all{};
    all.fill(spdlog::level::info);
    return all;
  }();
};

/// What `--log-level` must look like, for error messages.
inline constexpr std::string_view log_level_rule =
    "a level (trace, debug, info, warn, error, off), and COMPONENT=LEVEL for some of platform, "
    "runtime, store, http, api, invoke, code, with commas in between";

/// Reads "info,http=debug"; what comes later counts. Nothing if it is not like that.
[[nodiscard]] std::optional<decltype(log_settings::levels)> parse_log_levels(std::string_view text);

/// One logger per component, all to stderr.
class logs {
public:
  explicit logs(const log_settings& how);

  [[nodiscard]] const std::shared_ptr<spdlog::logger>& of(component which) const noexcept {
    return loggers_[static_cast<std::size_t>(which)];
  }
  /// Nothing below a warning, for as long as `quiet`.
  void hush(bool quiet);
  /// One line that no level hides.
  void announce(std::string_view message, std::string_view key, std::string_view value) const;

private:
  log_settings how_;
  std::array<std::shared_ptr<spdlog::logger>, component_names.size()> loggers_;
};

/// Lines as people read them: time in UTC, level, component, and the message with its pairs.
[[nodiscard]] std::unique_ptr<spdlog::formatter> make_text_format();
/// Lines as programs read them: one JSON object each, with "time", "level", "component", "message",
/// and the pairs at the message's end (see <fsm/quoted.hpp>) as further members: quoted values are
/// strings, others are numbers if they look like it.
[[nodiscard]] std::unique_ptr<spdlog::formatter> make_json_format();

}  // namespace platform
