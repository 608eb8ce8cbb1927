#include "wire/code.hpp"

#include "code/zip_check.hpp"
#include "wire/call.hpp"
#include "wire/code_links.hpp"
#include "wire/digest.hpp"
#include "wire/operations.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <utility>

namespace platform::wire {

namespace json = boost::json;
using code::bucket_folder;
using code::code_keeper;

namespace {

constexpr std::size_t zip_bytes_max = 52'428'800;
constexpr std::array code_members{"CodeSize", "CodeSha256", "ImageUri", "SourceKMSKeyArn"};

// --- reading -------------------------------------------------------------------------------------

bool is_bucket_name(std::string_view text) {
  return !text.ends_with('.') && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '_';
  });
}

bool is_word(std::string_view text, std::string_view others) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || others.find(c) != others.npos;
  });
}

bool is_image_digest(std::string_view text) {
  constexpr std::string_view head = "sha256:";
  return text.starts_with(head) && code::parse_digest(text.substr(head.size())).has_value();
}

bool is_tag(std::string_view text) {
  return text.size() <= 128 && text.front() != '.' && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_word({&c, 1}, "._-") || (c >= 'A' && c <= 'Z');
         });
}

// The registry's host, which may have a port and capital letters.
bool is_registry(std::string_view text) {
  const auto colon = text.find(':');
  const auto host = text.substr(0, colon);
  const bool good = !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return is_word({&c, 1}, ".-") || (c >= 'A' && c <= 'Z');
  });
  if (colon == std::string_view::npos) return good;
  const auto port = text.substr(colon + 1);
  return good && !port.empty() && port.size() <= 5 &&
         port.find_first_not_of("0123456789") == std::string_view::npos;
}

// REGISTRY/PATH:TAG@DIGEST; all but the path may be left out.
bool is_image_reference(std::string_view text) {
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    if (!is_image_digest(text.substr(at + 1))) return false;
    text = text.substr(0, at);
  }
  const auto last = text.rfind('/') + 1;  // 0 when there is none.
  if (const auto colon = text.find(':', last); colon != std::string_view::npos) {
    if (colon + 1 == text.size() || !is_tag(text.substr(colon + 1))) return false;
    text = text.substr(0, colon);
  }
  const auto first = text.substr(0, text.find('/'));
  if (first.size() < text.size() && first.find_first_of(".:") != std::string_view::npos) {
    if (!is_registry(first)) return false;
    text.remove_prefix(first.size() + 1);
  }
  for (auto slash = text.find('/'); slash != std::string_view::npos; slash = text.find('/')) {
    if (!is_word(text.substr(0, slash), "._-")) return false;
    text.remove_prefix(slash + 1);
  }
  return is_word(text, "._-");
}

bool is_key_arn(std::string_view text) { return text.empty() || text.starts_with("arn:"); }

constexpr text_rule bucket_rule{.length_min = 3,
                                .length_max = 63,
                                .matches = is_bucket_name,
                                .pattern = "^[0-9A-Za-z\\.\\-_]*(?<!\\.)$"};
constexpr text_rule object_rule{.length_min = 1, .length_max = 1024};
constexpr text_rule image_rule{
    .matches = is_image_reference,
    .pattern =
        "([a-zA-Z0-9.-]+(:[0-9]{1,5})?/)?[a-z0-9._-]+(/[a-z0-9._-]+)*(:[a-zA-Z0-9_]"
        "[a-zA-Z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?"};
constexpr text_rule key_rule{.matches = is_key_arn,
                             .pattern = "(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()"};

// Not copied: it may be very long.
std::optional<std::string_view> read_zip_file(const members& given) {
  const auto* value = given.find("ZipFile");
  if (!value) return std::nullopt;
  if (value->is_string()) return std::string_view{value->get_string()};
  given.found().wrong_type(*value, given.path("ZipFile"), "a String");
  return std::nullopt;
}

void check_sources(const code_source& source, std::string_view package_type, problems& found) {
  const auto refuse = [&](std::string message) {
    found.refuse(fault::invalid_parameter_value, std::move(message));
  };
  const bool in_bucket =
      !source.bucket.empty() || !source.key.empty() || !source.object_version.empty();
  if (package_type == "Image") {
    if (source.image.empty()) {
      refuse("Please provide ImageUri when updating a function with packageType Image.");
    }
    if (source.zip_file || in_bucket) {
      refuse(
          "Please don't provide ZipFile or S3 parameters for a function with packageType "
          "Image.");
    }
    return;
  }
  if (!source.image.empty()) {
    refuse("Please don't provide ImageUri when updating a function with packageType Zip.");
  }
  if (source.zip_file && in_bucket) {
    refuse("Please do not provide other FunctionCode parameters when providing a ZipFile.");
  }
  const bool whole_object = !source.bucket.empty() && !source.key.empty();
  if (in_bucket && !whole_object) refuse("Please provide both S3Bucket and S3Key.");
  if (!source.zip_file && !in_bucket) refuse("Please provide a source for function code.");
}

// --- obtaining -----------------------------------------------------------------------------------

failure refusal(std::string message) {
  return {fault::invalid_parameter_value, std::move(message), {}};
}

failure no_object(std::string_view code, std::string_view message) {
  return refusal("Error occurred while GetObject. S3 Error Code: " + std::string{code} +
                 ". S3 Error Message: " + std::string{message});
}

failure too_large_unzipped() {
  return refusal("Unzipped size must be smaller than " + std::to_string(code::unzipped_bytes_max) +
                 " bytes");
}

failure storage_exceeded() {
  return {fault::code_storage_exceeded, "Code storage limit exceeded.", {}};
}

failure busy() { return {fault::too_many_requests, "Rate Exceeded.", "CallerRateLimitExceeded"}; }

tl::expected<std::string, failure> decode(std::string_view text) {
  auto bytes = base64_decode(text);
  if (!bytes) {
    return tl::make_unexpected(
        failure{fault::serialization, "The member 'zipFile' is not text in base 64", {}});
  }
  if (bytes->size() <= zip_bytes_max) return *std::move(bytes);
  return tl::make_unexpected(
      failure{fault::request_entity_too_large,
              "Zipped size must be smaller than " + std::to_string(zip_bytes_max) + " bytes",
              {}});
}

// An archive that is longer than its files may be is too long, however long it may be itself.
tl::expected<std::string, failure> fetch(const bucket_folder* buckets, const code_source& source) {
  using problem = bucket_folder::problem;
  bucket_folder::object found{problem::no_bucket, {}};
  if (buckets) found = buckets->get(source.bucket, source.key, code::unzipped_bytes_max);
  switch (found.problem) {
    case problem::none: break;
    case problem::no_bucket:
      return tl::make_unexpected(no_object("NoSuchBucket", "The specified bucket does not exist"));
    case problem::no_key:
      return tl::make_unexpected(no_object("NoSuchKey", "The specified key does not exist."));
    case problem::too_large: return tl::make_unexpected(too_large_unzipped());
    case problem::unreadable:
      return tl::make_unexpected(no_object("AccessDenied", "Access Denied"));
  }
  // Files have no versions; that of an object without versions is called "null".
  if (source.object_version.empty() || source.object_version == "null") {
    return std::move(found.bytes);
  }
  return tl::make_unexpected(no_object("NoSuchVersion", "The specified version does not exist."));
}

std::optional<failure> check(std::string_view bytes) {
  switch (code::check_zip(bytes)) {
    case code::zip_verdict::good: return std::nullopt;
    case code::zip_verdict::too_large: return too_large_unzipped();
    case code::zip_verdict::broken: break;
  }
  return refusal(
      "Could not unzip uploaded file. Please check your file, then try to upload again.");
}

code_result obtain_package(const site& where, const code_source& source, bool keep) {
  auto bytes = source.zip_file ? decode(*source.zip_file) : fetch(where.buckets, source);
  if (!bytes) return tl::make_unexpected(bytes.error());
  if (auto problem = check(*bytes)) return tl::make_unexpected(*std::move(problem));
  const code::package what{sha256(*bytes), bytes->size()};
  obtained_code result{{{"CodeSize", what.size}, {"CodeSha256", base64_encode(what.name)}},
                       nullptr};
  if (!source.key_arn.empty()) result.members["SourceKMSKeyArn"] = source.key_arn;
  if (!keep) {
    if (!where.code.has_room(what)) return tl::make_unexpected(storage_exceeded());
    return result;
  }
  auto held = where.code.keep(what, *std::move(bytes));
  if (held) {
    result.package = *std::move(held);
    return result;
  }
  if (held.error().code == fsm::errc::too_many_requests) {
    return tl::make_unexpected(storage_exceeded());
  }
  return tl::make_unexpected(
      failure{fault::service, "The code could not be stored: " + held.error().message + ".", {}});
}

code_result obtain_image(const code_source& source) {
  return obtained_code{{{"ImageUri", source.image},
                        {"CodeSize", 0},
                        {"CodeSha256", hex_encode(sha256(source.image))}},
                       nullptr};
}

// Whether the runtime refused, so that nothing can have happened.
bool is_refusal(fsm::errc code) {
  switch (code) {
    case fsm::errc::outcome_unknown:
    case fsm::errc::stopped:
    case fsm::errc::cancelled:
    case fsm::errc::timed_out:
    case fsm::errc::internal: return false;
    default: return true;
  }
}

failure denied(std::string message) { return {fault::access_denied, std::move(message), {}}; }

void send_package(const call_ptr& request, const code::digest& name) {
  auto bytes = request->where().code.read(name);
  if (!bytes && bytes.error().code == fsm::errc::not_found) {
    return request->refuse({fault::resource_not_found, "There is no such package.", {}});
  }
  if (!bytes) return request->refuse({fault::service, "The package cannot be read.", {}});
  auto answer = request->blank(200);
  answer.set(http::proto::field::content_type, "application/zip");
  answer.body() = *std::move(bytes);
  request->answer(std::move(answer));
}

}  // namespace

code_source read_code_source(const members& given, std::string_view package_type) {
  code_source result;
  result.zip_file = read_zip_file(given);
  result.bucket = given.text("S3Bucket", bucket_rule).value_or("");
  result.key = given.text("S3Key", object_rule).value_or("");
  result.object_version = given.text("S3ObjectVersion", object_rule).value_or("");
  result.image = given.text("ImageUri", image_rule).value_or("");
  result.key_arn = given.text("SourceKMSKeyArn", key_rule).value_or("");
  check_sources(result, package_type, given.found());
  return result;
}

void obtained_code::put_into(json::object& document) const {
  for (const auto* name : code_members) document.erase(name);
  for (const auto& [name, value] : members) document[name] = value;
}

code_result obtain_code(const site& where, const code_source& source, bool keep) {
  return source.image.empty() ? obtain_package(where, source, keep) : obtain_image(source);
}

void settle_code(const site& where, const fsm::expected<fsm::function_view>& answer,
                 const json::object& document, code_keeper::hold& package) {
  if (answer) where.code.note(*answer, code::package_of(document));
  if (!answer && !is_refusal(answer.error().code)) where.code.stop_removing();
  package.reset();
}

void serve_code(const call_ptr& request) {
  const auto name = code::parse_digest(request->function_text());
  const auto* expires = request->target().parameter("expires");
  const auto* signature = request->target().parameter("signature");
  const auto& where = request->where();
  const auto verdict =
      name && expires && signature
          ? where.links.check(*name, *expires, *signature, where.functions.clock().now())
          : code_links::verdict::forged;
  if (verdict == code_links::verdict::forged) {
    return request->refuse(denied("The link to the package is not valid."));
  }
  if (verdict == code_links::verdict::expired) {
    return request->refuse(denied("The link to the package has expired."));
  }
  const bool started = where.code.run([request, name = *name] { send_package(request, name); });
  if (!started) request->refuse(busy());
}

}  // namespace platform::wire
