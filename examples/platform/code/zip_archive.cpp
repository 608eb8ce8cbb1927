#include "code/zip_archive.hpp"

#include <algorithm>
#include <zip.h>

namespace platform::code {

void zip_discarder::operator()(zip_t* which) const noexcept { zip_discard(which); }

zip_archive open_zip(std::string_view bytes) {
  zip_error_t problem;
  zip_error_init(&problem);
  auto* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &problem);
  auto* opened = source ? zip_open_from_source(source, ZIP_RDONLY, &problem) : nullptr;
  if (source && !opened) zip_source_free(source);
  zip_error_fini(&problem);
  return zip_archive{opened};
}

bool leads_out(std::string name) {
  std::replace(name.begin(), name.end(), '\\', '/');
  if (name.empty() || name.front() == '/') return true;
  if (name.size() >= 2 && name[1] == ':') return true;
  return ("/" + name + "/").find("/../") != std::string::npos;
}

}  // namespace platform::code
