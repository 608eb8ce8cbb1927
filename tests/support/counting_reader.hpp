#pragma once

#include <fsm/rocksdb.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fsm::testing {

/// Reads a whole store, and only counts its functions.
struct counting_reader final : rocksdb_reader {
  std::size_t functions = 0;
  bool on_summary(const rocksdb_summary&) override { return true; }
  bool on_owed_release(std::uint64_t, std::uint32_t) override { return true; }
  bool on_function(const stored_function&) override { return ++functions != 0; }
  bool on_document(std::uint64_t, std::uint32_t, std::string_view) override { return true; }
  bool on_metadata(std::uint64_t, std::string_view) override { return true; }
  bool on_history(const stored_transition&) override { return true; }
  bool on_event(const stored_transition&) override { return true; }
};

}  // namespace fsm::testing
