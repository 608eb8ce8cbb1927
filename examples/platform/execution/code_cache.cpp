#include "execution/code_cache.hpp"

#include "code/unzip.hpp"
#include "wire/digest.hpp"

#include <boost/asio/post.hpp>

#include <cerrno>
#include <exception>
#include <sys/stat.h>
#include <system_error>
#include <utility>

namespace platform::execution {

namespace fs = std::filesystem;

namespace {

fsm::expected<fs::path> unpack(const package_source& source, const code::digest& name,
                               fs::path into) {
  auto bytes = source(name);
  if (!bytes) return fsm::unexpected(bytes.error());
  if (::mkdir(into.c_str(), 0700) != 0) {
    return fsm::unexpected({.code = fsm::errc::internal,
                            .message = "cannot make " + into.string() + ": " +
                                       std::generic_category().message(errno)});
  }
  if (auto done = code::unzip(*bytes, into); !done) {
    code::remove_tree(into);
    return fsm::unexpected(done.error());
  }
  return into;
}

}  // namespace

code_cache::code_cache(boost::asio::io_context& io, fs::path where)
    : io_{io}, where_{std::move(where)} {}

code_cache::~code_cache() { workers_->join(); }

code_cache::folder code_cache::hold(fs::path where) {
  // Folders are never used again, so that none is removed while it is made anew.
  return {new fs::path{std::move(where)}, [workers = workers_](const fs::path* which) {
            boost::asio::post(*workers, [path = std::unique_ptr<const fs::path>{which}] {
              code::remove_tree(*path);
            });
          }};
}

void code_cache::get(const code::digest& name, found done) {
  auto& mine = entries_[name];
  if (auto there = mine.there.lock()) return done(std::move(there));
  mine.waiting.push_back(std::move(done));
  if (mine.waiting.size() > 1) return;
  auto into = where_ / (wire::hex_encode(name) + "-" + std::to_string(++made_));
  boost::asio::post(*workers_, [this, name, into = std::move(into)] {
    auto result = unpack(source_, name, into);
    boost::asio::post(io_, [this, name, result = std::move(result)] { unpacked(name, result); });
  });
}

void code_cache::unpacked(const code::digest& name, const fsm::expected<fs::path>& result) {
  auto node = entries_.extract(name);
  auto& waiting = node.mapped().waiting;
  if (!result) {
    for (const auto& each : waiting) each(fsm::unexpected(result.error()));
    return;
  }
  const auto there = hold(*result);
  std::erase_if(entries_, [](const auto& each) {
    return each.second.waiting.empty() && each.second.there.expired();
  });
  entries_[name].there = there;
  for (const auto& each : waiting) each(there);
}

}  // namespace platform::execution
