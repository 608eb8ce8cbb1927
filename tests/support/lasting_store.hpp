#pragma once

#include "temporary_directory.hpp"
#include <fsm/store.hpp>
#ifdef FSM_TEST_ON_DISK
#include <fsm/rocksdb.hpp>
#endif

#include <memory>

namespace fsm::testing {

/// Stores that are opened one after the other on what their predecessor kept: on disk with
/// `FSM_TEST_ON_DISK`, else in memory.
class lasting_store {
public:
#ifdef FSM_TEST_ON_DISK
  [[nodiscard]] std::shared_ptr<store> next() { return rocksdb_store(directory_.path()); }

private:
  temporary_directory directory_;
#else
  [[nodiscard]] std::shared_ptr<store> next() { return store_; }

private:
  std::shared_ptr<store> store_ = make_memory_store();
#endif
};

}  // namespace fsm::testing
