#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <vector>
#include <zip.h>

namespace platform::testing {

/// A file of an archive; with 0 as its mode, one that no Unix has written.
struct zip_entry {
  std::string name;
  std::string content;
  std::uint32_t mode = S_IFREG | 0644U;
};

/// An archive of these files.
inline std::string make_zip(const std::vector<zip_entry>& entries) {
  zip_error_t problem;
  zip_error_init(&problem);
  auto* target = zip_source_buffer_create(nullptr, 0, 0, &problem);
  zip_source_keep(target);
  auto* archive = zip_open_from_source(target, ZIP_TRUNCATE, &problem);
  if (!archive) throw std::runtime_error{"no archive"};
  for (const auto& each : entries) {
    if (each.name.ends_with('/')) {
      zip_dir_add(archive, each.name.c_str(), ZIP_FL_ENC_RAW);
      continue;
    }
    auto* source = zip_source_buffer(archive, each.content.data(), each.content.size(), 0);
    const auto at = zip_file_add(archive, each.name.c_str(), source, ZIP_FL_ENC_RAW);
    if (at < 0) throw std::runtime_error{"no entry " + each.name};
    const auto system = each.mode == 0 ? ZIP_OPSYS_DOS : ZIP_OPSYS_UNIX;
    zip_file_set_external_attributes(archive, static_cast<zip_uint64_t>(at), 0,
                                     static_cast<zip_uint8_t>(system), each.mode << 16U);
  }
  if (zip_close(archive) != 0) throw std::runtime_error{"not closed"};
  zip_stat_t about;
  zip_source_stat(target, &about);
  std::string result(about.size, '\0');
  zip_source_open(target);
  zip_source_read(target, result.data(), result.size());
  zip_source_close(target);
  zip_source_free(target);
  return result;
}

}  // namespace platform::testing
