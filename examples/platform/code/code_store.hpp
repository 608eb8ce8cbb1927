#pragma once

#include "code/package.hpp"
#include <fsm/expected.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace platform::code {

/// Keeps packages under the SHA-256 of their bytes, each of them once. All calls block, may be made
/// from any thread, and answer with `errc::internal` and a sentence when the disk makes trouble.
class code_store {
public:
  virtual ~code_store() = default;

  /// Keeps a package. `name` is the digest of `bytes`. After an error nothing has changed.
  [[nodiscard]] virtual fsm::expected<void> put(const digest& name, std::string bytes) = 0;
  /// The bytes of a package. `not_found`; `internal` also when the bytes are not those that were
  /// kept: damaged ones are never given out.
  [[nodiscard]] virtual fsm::expected<std::string> get(const digest& name) const = 0;
  [[nodiscard]] virtual bool contains(const digest& name) const = 0;
  /// Forgets a package; that there is none is no error.
  [[nodiscard]] virtual fsm::expected<void> remove(const digest& name) = 0;
  /// All there are, in no order.
  [[nodiscard]] virtual fsm::expected<std::vector<digest>> list() const = 0;
  /// Adds all packages to a copy of the data directory. A store in memory has nothing to add.
  [[nodiscard]] virtual fsm::expected<void> copy_to(const std::string& checkpoint) const = 0;
};

/// Keeps packages in memory.
[[nodiscard]] std::unique_ptr<code_store> make_memory_code_store();

/// Keeps packages in files below `data`/code, which is made if absent: `data` has to be the
/// directory of an open store, whose owner alone may come here. With `synced` a package is on the
/// disk when `put` returns, otherwise the operating system has it. Removes what an interrupted
/// write left behind.
[[nodiscard]] fsm::expected<std::unique_ptr<code_store>> open_code_store(
    const std::filesystem::path& data, bool synced);

}  // namespace platform::code
