#include "wire/operations.hpp"
#include "wire/paging.hpp"
#include "wire/steps.hpp"

#include <boost/json/array.hpp>

// Functions have no event sources, so that there are no mappings: these operations tell it.

namespace platform::wire {

void list_event_source_mappings(const call_ptr& request) {
  problems wrong;
  static_cast<void>(read_page(*request, wrong));
  refuse_if(wrong.verdict());
  request->answer(200, {{"EventSourceMappings", boost::json::array{}}});
}

void find_event_source_mapping(const call_ptr& request) {
  request->refuse({fault::resource_not_found, "The resource you requested does not exist.", {}});
}

}  // namespace platform::wire
