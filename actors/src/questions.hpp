#pragma once

#include "call.hpp"
#include <fsm/runtime.hpp>

#include <cstdint>
#include <string>

namespace fsm::detail {

struct core;

/// What a caller asks of a function; enough to ask it again.
struct question {
  happening what;
  std::string document{};
  std::uint16_t tenant = 0;
  std::uint8_t idle_policy = 0;
  std::string metadata{};

  void bring(metadata_option&& given) {
    what.brings_metadata = given.has_value();
    metadata = std::move(given).value_or(std::string{});
  }
  /// Document and metadata go along; a call that came to nothing still has them.
  void put_into(call& c) {
    c.what = what;
    c.document = std::move(document);
    c.metadata = std::move(metadata);
    c.tenant = tenant;
    c.idle_policy = idle_policy;
  }
  void take_back(call& c) {
    document = std::move(c.document);
    metadata = std::move(c.metadata);
  }
};

// Each checks a request and the room for what it starts, and puts it into `q`: `errc::none`, or why
// the function is not asked. Any thread.
[[nodiscard]] error prepare(core& o, create_request& what, question& q);
[[nodiscard]] error prepare(core& o, update_request& what, question& q);
[[nodiscard]] error prepare(core& o, change_request& what, question& q);
[[nodiscard]] error prepare_async(core& o, question& q);
[[nodiscard]] error prepare_remove(core& o, std::uint32_t expected_revision, question& q);
[[nodiscard]] error prepare_read(const core& o, question& q);

}  // namespace fsm::detail
