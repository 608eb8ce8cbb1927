#pragma once

#include "disk_model.hpp"

#include <rocksdb/file_system.h>

#include <memory>
#include <string>

namespace fsm::testing {

class faulty_file_system;

// The files and directories a faulty file system gives out: each call goes through its `perform`.
// They must not outlive it.

[[nodiscard]] std::unique_ptr<rocksdb::FSSequentialFile> wrap(
    faulty_file_system& of, std::string path, std::unique_ptr<rocksdb::FSSequentialFile> real);
[[nodiscard]] std::unique_ptr<rocksdb::FSRandomAccessFile> wrap(
    faulty_file_system& of, std::string path, std::unique_ptr<rocksdb::FSRandomAccessFile> real);
[[nodiscard]] std::unique_ptr<rocksdb::FSWritableFile> wrap(
    faulty_file_system& of, std::string path, std::unique_ptr<rocksdb::FSWritableFile> real,
    std::shared_ptr<disk_node> node);
[[nodiscard]] std::unique_ptr<rocksdb::FSDirectory> wrap(
    faulty_file_system& of, std::string path, std::unique_ptr<rocksdb::FSDirectory> real);

}  // namespace fsm::testing
