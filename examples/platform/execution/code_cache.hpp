#pragma once

#include "code/package.hpp"
#include <fsm/expected.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace platform::execution {

/// Where the bytes of a package come from. Blocks; called on threads of the cache's.
using package_source = std::function<fsm::expected<std::string>(const code::digest&)>;

/// The unpacked packages: each once, however many versions run it, and as long as one does. Lives
/// on the thread of `io`; what takes long happens elsewhere.
class code_cache {
public:
  /// Keeps a package unpacked. To be let go on the thread of `io`.
  using folder = std::shared_ptr<const std::filesystem::path>;
  using found = std::function<void(fsm::expected<folder>)>;

  code_cache(boost::asio::io_context& io, std::filesystem::path where);
  code_cache(const code_cache&) = delete;
  code_cache& operator=(const code_cache&) = delete;
  /// Waits for what is being unpacked or removed.
  ~code_cache();

  void set_source(package_source from) { source_ = std::move(from); }

  /// Unpacks a package if that has not been done. `done` is called on the thread of `io`. Errors:
  /// those of `code::unzip`, and of the source.
  void get(const code::digest& name, found done);

private:
  struct entry {
    std::weak_ptr<const std::filesystem::path> there;
    std::vector<found> waiting;
  };

  [[nodiscard]] folder hold(std::filesystem::path where);
  void unpacked(const code::digest& name, const fsm::expected<std::filesystem::path>& result);

  boost::asio::io_context& io_;
  const std::filesystem::path where_;
  package_source source_;
  std::map<code::digest, entry> entries_;
  std::uint64_t made_ = 0;
  const std::shared_ptr<boost::asio::thread_pool> workers_ =
      std::make_shared<boost::asio::thread_pool>(2);
};

}  // namespace platform::execution
