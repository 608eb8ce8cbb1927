#pragma once

#include "call.hpp"
#include "waiters.hpp"
#include <fsm/runtime.hpp>

#include <caf/fwd.hpp>

#include <memory>
#include <string_view>

namespace fsm::detail {

struct core;

// What stands between the facade and the actors: answers turned into what callers get.

/// Validates, makes and starts a runtime; `borrowed` may be null.
[[nodiscard]] expected<runtime> start_core(options how, caf::actor_system* borrowed);

/// Waits for something that ends in a callback with an `expected<T>`.
template <class T, class Start>
[[nodiscard]] expected<T> await(Start start) {
  struct meeting {
    parking here;
    expected<T> result;
  };
  const auto shared = std::make_shared<meeting>();
  start([shared](expected<T> result) {
    shared->result = std::move(result);
    shared->here.signal();
  });
  shared->here.wait();
  return std::move(shared->result);
}

/// Makes the view an answered call ends in, reading texts and, if asked for, the document from the
/// store. `done` is called once, perhaps before this returns. A document that was replaced
/// meanwhile gives `errc::none`: ask anew.
void later_view(core& o, std::string_view name, const call& answered, bool with_document,
                runtime::view_callback done);
[[nodiscard]] expected<function_view> await_view(core& o, std::string_view name,
                                                 const call& answered, bool with_document);

void prepare_wait(core& o, wait_call& c, std::string_view name, const condition& what,
                  duration timeout);
[[nodiscard]] subscription wait_later(const std::shared_ptr<core>& o, std::string_view name,
                                      const condition& what, duration timeout,
                                      runtime::view_callback done);

[[nodiscard]] list_page list_functions(core& o, const list_request& what);
/// Asks each function of a page for the rest of its view. One that no longer belongs into the list
/// is taken out.
[[nodiscard]] expected<void> add_details(core& o, const list_request& what, list_page& page);

[[nodiscard]] expected<explanation> explain_function(core& o, std::string_view name);

}  // namespace fsm::detail
