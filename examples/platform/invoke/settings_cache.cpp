#include "invoke/settings_cache.hpp"

#include <boost/json/parse.hpp>

#include <utility>

namespace platform::invoke {

namespace json = boost::json;

namespace {

constexpr std::size_t bytes_max = std::size_t{32} << 20U;
constexpr std::size_t entry_bytes = 256;

std::int64_t number_or(const json::value& document, std::string_view member,
                       std::int64_t otherwise) {
  const auto* object = document.if_object();
  const auto* value = object ? object->if_contains(member) : nullptr;
  return value && value->is_int64() ? value->get_int64() : otherwise;
}

}  // namespace

run_settings read_run_settings(std::string document) {
  boost::system::error_code problem;
  const auto parsed = json::parse(document, problem);
  run_settings result;
  result.timeout = std::chrono::seconds{number_or(parsed, "Timeout", result.timeout.count())};
  result.memory_mb = static_cast<std::uint32_t>(number_or(parsed, "MemorySize", result.memory_mb));
  result.document = std::make_shared<const std::string>(std::move(document));
  return result;
}

void settings_cache::find(const fsm::admission& of, const found& done) {
  const key which{of.resource().uid, of.version()};
  {
    std::unique_lock lock{mutex_};
    if (const auto known = known_.find(which); known != known_.end()) {
      const auto result = known->second;
      lock.unlock();
      return done(result);
    }
  }
  functions_.document(of, [this, which, done](fsm::expected<std::string> document) {
    if (!document) return done(fsm::unexpected(document.error()));
    const auto result = read_run_settings(*std::move(document));
    remember(which, result);
    done(result);
  });
}

void settings_cache::remember(const key& which, const run_settings& what) {
  const auto bytes = what.document->size() + entry_bytes;
  const std::lock_guard lock{mutex_};
  if (bytes_ + bytes > bytes_max) {
    known_.clear();
    bytes_ = 0;
  }
  if (known_.emplace(which, what).second) bytes_ += bytes;
}

}  // namespace platform::invoke
