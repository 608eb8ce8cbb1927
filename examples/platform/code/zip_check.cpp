#include "code/zip_check.hpp"

#include "code/zip_archive.hpp"

#include <algorithm>
#include <zip.h>

namespace platform::code {

namespace {

// Whether a file begins where the directory says: its head is only looked at for its first byte.
bool is_there(zip_t* in, zip_uint64_t index, bool is_empty) {
  auto* opened = zip_fopen_index(in, index, ZIP_FL_COMPRESSED);
  if (!opened) return false;
  char byte = 0;
  const bool read = zip_fread(opened, &byte, 1) == 1;
  return zip_fclose(opened) == 0 && (read || is_empty);
}

constexpr zip_uint64_t wanted =
    ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_ENCRYPTION_METHOD;

}  // namespace

zip_verdict check_zip(std::string_view bytes) {
  const auto opened = open_zip(bytes);
  if (bytes.empty() || !opened) return zip_verdict::broken;
  const auto count = zip_get_num_entries(opened.get(), 0);
  std::uint64_t left = unzipped_bytes_max;
  bool large = false;
  for (zip_int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<zip_uint64_t>(i);
    zip_stat_t about;
    zip_stat_init(&about);
    // As they are in the archive: a name in another encoding is not made readable.
    if (zip_stat_index(opened.get(), index, ZIP_FL_ENC_RAW, &about) != 0) {
      return zip_verdict::broken;
    }
    const bool plain = (about.valid & wanted) == wanted && about.encryption_method == ZIP_EM_NONE &&
                       !leads_out(about.name);
    if (!plain || !is_there(opened.get(), index, about.comp_size == 0)) return zip_verdict::broken;
    large = large || about.size > left;
    left -= std::min<std::uint64_t>(left, about.size);
  }
  return large ? zip_verdict::too_large : zip_verdict::good;
}

}  // namespace platform::code
