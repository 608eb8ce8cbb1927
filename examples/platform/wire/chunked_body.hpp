#pragma once

#include "wire/errors.hpp"

#include <tl/expected.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

/// \file
/// Bodies in chunks with signatures of their own (the content encoding aws-chunked).

namespace platform::wire {

/// Is told each chunk, the last and empty one too, with the signature that stands beside it ("" if
/// there is none). False = the signature is not the right one.
using chunk_check = std::function<bool(std::string_view chunk, std::string_view signature)>;

/// Takes a body out of its chunks, in place. Trailing fields are left out. The error says where the
/// framing is broken, or that a check failed; the body is worth nothing then.
[[nodiscard]] std::optional<failure> unpack_chunks(std::string& body, const chunk_check& check);

}  // namespace platform::wire
