#pragma once

#include "message_memory.hpp"

#include <caf/mailbox_element.hpp>
#include <caf/type_erased_tuple.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <typeinfo>

namespace fsm::detail {

/// A message between the runtime's own actors: a plain struct that travels in CAF mailboxes without
/// being copied, serialized or matched. CAF code never looks inside one.
struct internal_message : caf::mailbox_element {
  internal_message() { mid = internal_id; }

  static void* operator new(std::size_t bytes) { return message_memory::take(bytes); }
  static void operator delete(void* what, std::size_t bytes) noexcept {
    message_memory::give(what, bytes);
  }

  [[nodiscard]] static bool is(const caf::mailbox_element& element) noexcept {
    return element.mid == internal_id;
  }

private:
  // An answered response with every request bit set: CAF never makes one.
  static constexpr caf::message_id internal_id{~std::uint64_t{0}};

  void request_deletion(bool) const noexcept final { std::abort(); }
  caf::type_erased_tuple& content() final { std::abort(); }
  const caf::type_erased_tuple& content() const final { std::abort(); }
  caf::message move_content_to_message() final { std::abort(); }
  caf::message copy_content_to_message() const final { std::abort(); }
};

/// `what` as a `Message`, if it is exactly that (all but calls are final); else null. The type's
/// address is enough: all of them are made and read inside this library.
template <class Message>
[[nodiscard]] Message* as(internal_message* what) noexcept {
  return &typeid(*what) == &typeid(Message) ? static_cast<Message*>(what) : nullptr;
}
template <class Message>
[[nodiscard]] const Message* as(const internal_message& what) noexcept {
  return &typeid(what) == &typeid(Message) ? static_cast<const Message*>(&what) : nullptr;
}

}  // namespace fsm::detail
