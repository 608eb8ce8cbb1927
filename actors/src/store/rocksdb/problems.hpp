#pragma once

#include <fsm/error.hpp>

#include <rocksdb/status.h>

#include <string>
#include <string_view>

namespace fsm::rocks {

/// What went wrong with the store in `directory` while it was `doing` something ("opened",
/// "written", "read"), for whoever operates it: the cause, in RocksDB's words, with the file, and
/// the remedy.
[[nodiscard]] error problem(const std::string& directory, std::string_view doing,
                            const rocksdb::Status& why);

/// What is wrong with a file of ours, or with what a record says.
[[nodiscard]] error damaged(const std::string& directory, std::string_view what);

}  // namespace fsm::rocks
