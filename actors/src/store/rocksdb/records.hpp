#pragma once

#include "database.hpp"
#include "event_log.hpp"

#include <rocksdb/write_batch.h>

#include <string>

namespace fsm::rocks {

/// The bytes of a change that can be made before its sequence is known. For `change::prepared`.
[[nodiscard]] std::string encode(const change& what, history_ring ring);

/// Adds to a write all that a change means for the families.
void put(rocksdb::WriteBatch& into, const database& in, const change& what, history_ring ring,
         event_writer& events);
void put(rocksdb::WriteBatch& into, const database& in, const note& what);

[[nodiscard]] transition to_transition(stored_transition&& from);

}  // namespace fsm::rocks
