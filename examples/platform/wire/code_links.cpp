#include "wire/code_links.hpp"

#include "wire/digest.hpp"

#include <openssl/rand.h>

#include <charconv>
#include <cstdint>
#include <stdexcept>

namespace platform::wire {

namespace {

std::int64_t seconds_of(fsm::timestamp at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

}  // namespace

code_links::code_links() : key_(32, '\0') {
  auto* bytes = reinterpret_cast<unsigned char*>(key_.data());
  if (RAND_bytes(bytes, static_cast<int>(key_.size())) != 1) {
    throw std::runtime_error{"the system gives no random bytes"};
  }
}

std::string code_links::target(const code::digest& name, fsm::timestamp now) const {
  const auto expires = std::to_string(seconds_of(now + lifetime));
  return "/_fsm/code/" + hex_encode(name) + "?expires=" + expires +
         "&signature=" + sign(name, expires);
}

code_links::verdict code_links::check(const code::digest& name, std::string_view expires,
                                      std::string_view signature, fsm::timestamp now) const {
  if (!equal_secrets(signature, sign(name, expires))) return verdict::forged;
  std::int64_t end = 0;
  std::from_chars(expires.data(), expires.data() + expires.size(), end);
  return seconds_of(now) < end ? verdict::good : verdict::expired;
}

std::string code_links::sign(const code::digest& name, std::string_view expires) const {
  return hex_encode(hmac_sha256(key_, hex_encode(name) + "\n" + std::string{expires}));
}

}  // namespace platform::wire
