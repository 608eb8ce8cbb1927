#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace fsm {

/// Names of an enum on the wire. Specialise it for an enum `E` whose value 0 means "absent":
/// `static constexpr std::string_view wire_name(E)` ("" for 0 and for values without a name) and
/// `static constexpr std::optional<E> parse(std::string_view)` (nullopt for names it does not
/// know).
template <class E>
struct wire_enum;

/// A value of a wire enum that may grow. It holds either a value known to this version of the
/// library or the text of an unknown one exactly as it was received, so that a service can store
/// and repeat what a newer client sent.
template <class E>
class open_enum {
public:
  /// Absent: `known()` is the enum's value 0 and `wire_name()` is "".
  open_enum() = default;

  /// Holds `value`. Implicit, so that known values can be assigned and compared as they are.
  // NOLINTNEXTLINE(google-explicit-constructor): the conversion is the point.
  open_enum(E value) : known_{value} {}

  /// Holds the value called `text`, or `text` itself if no known value has that name. "" is absent.
  [[nodiscard]] static open_enum from_wire(std::string_view text) {
    open_enum result;
    if (text.empty()) return result;
    if (const auto value = wire_enum<E>::parse(text)) {
      result.known_ = *value;
    } else {
      result.known_.reset();
      result.unknown_ = text;
    }
    return result;
  }

  /// The name on the wire; for an unknown value the text as received. Valid as long as this object.
  [[nodiscard]] std::string_view wire_name() const noexcept {
    return known_ ? wire_enum<E>::wire_name(*known_) : std::string_view{unknown_};
  }

  /// The value, or nullopt if this version of the library does not know it.
  [[nodiscard]] std::optional<E> known() const noexcept { return known_; }

  /// Equal if both hold the same known value or the same unknown text. Case matters.
  friend bool operator==(const open_enum&, const open_enum&) = default;

private:
  std::optional<E> known_{E{}};
  std::string unknown_;  // Empty unless known_ is.
};

}  // namespace fsm
