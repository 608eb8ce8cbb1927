#include "invoke/engine.hpp"
#include "wire/account_book.hpp"
#include "wire/operations.hpp"

#include <algorithm>
#include <cstdint>

namespace platform::wire {

namespace json = boost::json;

namespace {

constexpr std::int64_t unzipped_bytes_max = 262'144'000;
constexpr std::int64_t zipped_bytes_max = 52'428'800;

}  // namespace

void get_account_settings(const call_ptr& request) {
  const auto& where = request->where();
  // They come and go while they are counted.
  const auto all = where.functions.size();
  const auto versions = std::min(where.book.versions(), all);
  request->answer(
      200,
      {{"AccountLimit",
        json::object{{"TotalCodeSize", where.code.bytes_max()},
                     {"CodeSizeUnzipped", unzipped_bytes_max},
                     {"CodeSizeZipped", zipped_bytes_max},
                     {"ConcurrentExecutions", where.invocations.limiter().account()},
                     {"UnreservedConcurrentExecutions", where.invocations.limiter().unreserved()}}},
       {"AccountUsage", json::object{{"TotalCodeSize", where.code.total_bytes()},
                                     {"FunctionCount", all - versions}}}});
}

}  // namespace platform::wire
