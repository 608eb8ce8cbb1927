#pragma once

#include "support/faulty_file_system.hpp"
#include "support/temporary_directory.hpp"
#include <fsm/rocksdb.hpp>

#include <store/rocksdb/internal.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

namespace fsm::testing {

/// A directory with a store in it, and the file system between them.
class failing_disk {
public:
  failing_disk() {
    std::filesystem::create_directory(root());
    files = std::make_shared<faulty_file_system>(root());
    env = make_env(files);
  }

  [[nodiscard]] std::filesystem::path root() const { return scratch_.path() / "root"; }
  [[nodiscard]] std::filesystem::path data() const { return root() / "db"; }
  [[nodiscard]] std::shared_ptr<fsm::store> make(std::size_t history_max = 16) const {
    return rocks::make_store({.directory = data(), .history_max = history_max, .warn = warn},
                             {.env = env.get()});
  }

  /// Told what the stores made from now on have to say.
  std::function<void(std::string_view)> warn;
  std::shared_ptr<faulty_file_system> files;
  std::shared_ptr<rocksdb::Env> env;

private:
  temporary_directory scratch_;
};

}  // namespace fsm::testing
