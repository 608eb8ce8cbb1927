#pragma once

#include "wire/call.hpp"

#include <span>
#include <string_view>

namespace platform::wire {

/// A file of the dashboard, as the program carries it.
struct dashboard_file {
  std::string_view name;
  std::string_view type;
  /// Strong: the digest of the bytes, in quotes.
  std::string_view etag;
  std::string_view bytes;
};

/// All of them: made at build time from dashboard/, or a page that says that it was left out.
[[nodiscard]] std::span<const dashboard_file> dashboard_files() noexcept;

/// The dashboard for whoever may see it, else the page to sign in at.
void show_dashboard(const call_ptr& request);
/// One of its files.
void show_dashboard_file(const call_ptr& request);

}  // namespace platform::wire
