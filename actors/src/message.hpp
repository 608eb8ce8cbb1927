#pragma once

#include <caf/mailbox_element.hpp>
#include <caf/type_erased_tuple.hpp>

#include <cstdlib>

namespace fsm::detail {

/// A message between the runtime's own actors: a plain struct that travels in CAF mailboxes without being copied,
/// serialized or matched. CAF code never looks inside one.
struct internal_message : caf::mailbox_element {
  internal_message() { mid = internal_id; }

  [[nodiscard]] static bool is(const caf::mailbox_element& element) noexcept { return element.mid == internal_id; }

 private:
  // An answered response with every request bit set: CAF never makes one.
  static constexpr caf::message_id internal_id{~std::uint64_t{0}};

  void request_deletion(bool) const noexcept final { std::abort(); }
  caf::type_erased_tuple& content() final { std::abort(); }
  const caf::type_erased_tuple& content() const final { std::abort(); }
  caf::message move_content_to_message() final { std::abort(); }
  caf::message copy_content_to_message() const final { std::abort(); }
};

/// Deletes a message that came through a mailbox, whichever kind it is.
struct message_deleter {
  void operator()(caf::mailbox_element* element) const noexcept {
    if (internal_message::is(*element)) {
      delete element;  // All of the runtime's own messages have virtual destructors.
    } else {
      caf::detail::disposer{}(element);
    }
  }
};

}  // namespace fsm::detail
