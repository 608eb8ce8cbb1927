#pragma once

#include "wire/members.hpp"

#include <boost/json/object.hpp>

#include <string_view>

namespace platform::wire {

/// Reads where a function's code comes from (the members `ZipFile`, `S3Bucket`, `ImageUri` ...) and
/// notes in the document what is known of it: `CodeSize` and `CodeSha256`, and `ImageUri` for an
/// image. The code itself is not kept. `package_type` is "Zip" or "Image"; other kinds of code are
/// refused.
void read_code(const members& given, std::string_view package_type, boost::json::object& document);

}  // namespace platform::wire
