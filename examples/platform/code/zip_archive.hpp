#pragma once

#include <memory>
#include <string>
#include <string_view>

struct zip;

namespace platform::code {

struct zip_discarder {
  void operator()(struct zip* which) const noexcept;
};
using zip_archive = std::unique_ptr<struct zip, zip_discarder>;

/// Opens an archive for reading; null if it is none. The bytes must outlive it.
[[nodiscard]] zip_archive open_zip(std::string_view bytes);

/// Whether the name of an entry leads out of the folder an archive is unpacked in. Some take '\'
/// for
/// '/'.
[[nodiscard]] bool leads_out(std::string name);

}  // namespace platform::code
