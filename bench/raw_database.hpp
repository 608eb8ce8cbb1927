#pragma once

#include <rocksdb/status.h>
#include <store/rocksdb/database.hpp>

#include <filesystem>
#include <string_view>

namespace bench {

/// The database of libfsm's store in `directory`, with its families and options and nothing else of
/// it; made if it is not there. Throws `std::runtime_error` that names the directory.
[[nodiscard]] fsm::rocks::database open_raw(const std::filesystem::path& directory);

/// Throws `std::runtime_error` with `what` unless it went well.
void require_ok(const rocksdb::Status& how, std::string_view what);

}  // namespace bench
