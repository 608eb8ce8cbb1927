#include <fsm/view.hpp>

#include <fmt/format.h>

namespace fsm {

namespace {

/// Spreads 64 bits: the finalizer of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom
/// number generators").
constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30U)) * 0xBF58'476D'1CE4'E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D0'49BB'1331'11EBU;
  return x ^ (x >> 31U);
}

}  // namespace

std::string revision_id(std::uint64_t uid, std::uint32_t revision) {
  // One to one in (uid, revision), as both steps are: two revisions never share an id. Marked as a
  // version-8 UUID (RFC 9562: custom), whose six fixed bits are taken from bits that the other half
  // can spare.
  const std::uint64_t high = mix(uid + 0x9E37'79B9'7F4A'7C15U);
  const std::uint64_t low = mix(high ^ revision);
  return fmt::format("{:08x}-{:04x}-8{:03x}-{:04x}-{:012x}", high >> 32U, high >> 16U & 0xFFFFU,
                     high & 0xFFFU, 0x8000U | (low >> 48U & 0x3FFFU), low & 0xFFFF'FFFF'FFFFU);
}

std::string function_view::revision_id() const { return fsm::revision_id(uid, revision); }

}  // namespace fsm
