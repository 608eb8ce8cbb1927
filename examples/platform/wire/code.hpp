#pragma once

#include "code/code_keeper.hpp"
#include "wire/members.hpp"
#include "wire/site.hpp"

#include <boost/json/object.hpp>
#include <tl/expected.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace platform::wire {

/// Where a request says that a function's code comes from: a package in the request itself, one in
/// a bucket, or an image. The rest is empty.
struct code_source {
  /// In base 64. Belongs to the body that was read.
  std::optional<std::string_view> zip_file;
  std::string bucket;
  std::string key;
  std::string object_version;
  std::string image;
  std::string key_arn;
};

/// Reads the members `ZipFile`, `S3Bucket`, `ImageUri` ... of an object, which must name exactly
/// one source, and one that goes with the package type ("Zip" or "Image"). What is wrong is
/// reported; nothing is fetched yet.
[[nodiscard]] code_source read_code_source(const members& given, std::string_view package_type);

/// Code that has been checked, and kept unless it was only to be checked.
struct obtained_code {
  /// What the document of a function says of its code.
  boost::json::object members;
  /// Keeps the package until the function that it is for has been noted.
  code::code_keeper::hold package;

  /// Replaces what a document says of its code.
  void put_into(boost::json::object& document) const;
};

using code_result = tl::expected<obtained_code, failure>;

/// Gets the code from its source, checks it, and keeps it if `keep`. Blocks; what `source` points
/// to must be there until then.
[[nodiscard]] code_result obtain_code(const site& where, const code_source& source, bool keep);

/// To be called with the answer of the runtime to a request that created or updated a function:
/// tells the keeper of the package that `document` names, and lets go of the hold. When nobody
/// knows whether the runtime did what it was asked for, nothing is removed until the next start.
void settle_code(const site& where, const fsm::expected<fsm::function_view>& answer,
                 const boost::json::object& document, code::code_keeper::hold& package);

}  // namespace platform::wire
