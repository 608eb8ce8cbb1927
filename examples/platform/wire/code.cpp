#include "wire/code.hpp"

#include "wire/digest.hpp"

#include <cstddef>
#include <string>

namespace platform::wire {

namespace {

constexpr std::size_t zip_bytes_max = 52'428'800;

// Every zip archive ends with a record of 22 bytes and a comment of at most 65,535.
bool looks_like_zip(std::string_view bytes) {
  constexpr std::size_t tail = 22 + 65'535;
  const auto end = bytes.size() > tail ? bytes.substr(bytes.size() - tail) : bytes;
  const auto found = end.rfind(std::string_view{"PK\x05\x06"});
  return found != std::string_view::npos && end.size() - found >= 22;
}

void read_zip(const members& given, std::string_view text, boost::json::object& document) {
  auto& found = given.found();
  const auto bytes = base64_decode(text);
  if (!bytes) {
    return found.refuse(fault::serialization, "The member 'zipFile' is not text in base 64");
  }
  if (bytes->size() > zip_bytes_max) {
    return found.refuse(
        fault::request_entity_too_large,
        "Zipped size must be smaller than " + std::to_string(zip_bytes_max) + " bytes");
  }
  if (!looks_like_zip(*bytes)) {
    return found.refuse(
        fault::invalid_parameter_value,
        "Could not unzip uploaded file. Please check your file, then try to upload again.");
  }
  document["CodeSize"] = bytes->size();
  document["CodeSha256"] = base64_encode(sha256(*bytes));
}

}  // namespace

void read_code(const members& given, std::string_view package_type, boost::json::object& document) {
  auto& found = given.found();
  const auto zip = given.text("ZipFile");
  const auto bucket = given.text("S3Bucket");
  const auto key = given.text("S3Key");
  const auto image = given.text("ImageUri");
  if (package_type == "Image") {
    if (!image) {
      return found.refuse(
          fault::invalid_parameter_value,
          "Please provide ImageUri when updating a function with packageType Image.");
    }
    document["ImageUri"] = *image;
    document["CodeSize"] = 0;
    document["CodeSha256"] = hex_encode(sha256(*image));
    return;
  }
  if (image) {
    return found.refuse(
        fault::invalid_parameter_value,
        "Please don't provide ImageUri when updating a function with packageType Zip.");
  }
  if (bucket || key) {
    return found.refuse(
        fault::invalid_parameter_value,
        "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: "
        "The specified bucket does not exist");
  }
  if (!zip) {
    return found.refuse(fault::invalid_parameter_value,
                        "Please provide a source for function code.");
  }
  read_zip(given, *zip, document);
}

}  // namespace platform::wire
