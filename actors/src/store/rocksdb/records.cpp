#include "records.hpp"

#include "keys.hpp"
#include <fsm/detail/per_thread.hpp>

#include <array>
#include <cstring>
#include <string_view>
#include <utility>

namespace fsm::rocks {

namespace {

using rocksdb::Slice;
using rocksdb::WriteBatch;

/// Into `function`, whose memory is used again.
void describe(const change& what, history_ring ring, stored_function& function) {
  function.uid = what.transition.uid;
  function.name = what.transition.name;
  function.tenant = what.tenant;
  function.lifecycle = what.record;
  function.last_used = what.last_used;
  function.idle_after = what.idle_after.value_or(duration{});
  function.history_place = ring.next(what.history_place);
}

/// Without the name, which the history does not need.
stored_transition to_stored(const transition& t) {
  stored_transition result;
  result.uid = t.uid;
  result.at = t.at;
  result.event = t.event;
  result.cause = t.cause;
  result.from = t.from;
  result.to = t.to;
  result.reason = t.state_reason_code;
  result.update_reason = t.update_reason_code;
  result.reason_text = t.reason;
  result.revision = t.revision;
  return result;
}

// A prepared change is the function's bytes (none if it was removed) and the transition's, the
// length of the first before them.
struct prepared_view {
  explicit prepared_view(std::string_view bytes) {
    std::uint32_t function_size = 0;
    std::memcpy(&function_size, bytes.data(), sizeof function_size);
    bytes.remove_prefix(sizeof function_size);
    function = bytes.substr(0, function_size);
    transition = bytes.substr(function_size);
  }
  std::string_view function;
  std::string_view transition;
};

/// A value in two parts: what was known at first, and what came last.
void put_parts(WriteBatch& into, rocksdb::ColumnFamilyHandle* where, const Slice& key,
               std::string_view first, std::string_view last) {
  const std::array<Slice, 2> parts{Slice{first.data(), first.size()},
                                   Slice{last.data(), last.size()}};
  into.Put(where, rocksdb::SliceParts{&key, 1}, rocksdb::SliceParts{parts.data(), 2});
}

/// Forgets the function. Its places in the history are those taken before this transition.
void remove_function(WriteBatch& into, const database& in, const change& what, history_ring ring) {
  const std::uint64_t uid = what.transition.uid;
  into.Delete(in[family::functions], number_key(uid));
  into.Delete(in[family::last_used], number_key(uid));
  into.Delete(in[family::metadata], number_key(uid));
  into.Delete(in[family::names], what.transition.name);
  const std::uint8_t taken = what.history_place < ring.size ? what.history_place : ring.size;
  for (std::uint8_t place = 0; place < taken; ++place)
    into.Delete(in[family::history], part_key(uid, place));
}

/// A text belongs to the code it came with: it goes when the code does, or a new one comes. Only
/// failures have one.
void put_texts(WriteBatch& into, const database& in, const change& what) {
  const transition& t = what.transition;
  const auto text_goes = [&](reason_code before, reason_code after, text_kind kind) {
    if (is_failure(before) && (before != after || what.record.pair == pairs::absent))
      into.Delete(in[family::texts], part_key(t.uid, static_cast<std::uint8_t>(kind)));
  };
  text_goes(what.before.state_reason, what.record.state_reason, text_kind::state);
  text_goes(what.before.update_reason, what.record.update_reason, text_kind::update);
  if (t.reason.empty() || what.record.pair == pairs::absent) return;
  const text_kind kind = t.event == event::update_failed ? text_kind::update : text_kind::state;
  into.Put(in[family::texts], part_key(t.uid, static_cast<std::uint8_t>(kind)), t.reason);
}

void put_documents(WriteBatch& into, const database& in, const change& what) {
  const std::uint64_t uid = what.transition.uid;
  for (const std::uint32_t version : what.drop_versions) {
    if (version != 0) into.Delete(in[family::documents], pair_key(uid, version));
  }
  if (what.document)
    into.Put(in[family::documents], pair_key(uid, what.document_version), *what.document);
  if (what.metadata) into.Put(in[family::metadata], number_key(uid), *what.metadata);
}

}  // namespace

std::string encode(const change& what, history_ring ring) {
  struct kept {  // With the memory of what it is used for.
    stored_function function;
    std::string bytes;
  };
  auto& [function, bytes] = detail::per_thread<kept>();
  bytes.assign(sizeof(std::uint32_t), '\0');
  if (what.record.pair != pairs::absent) {
    describe(what, ring, function);
    encode(function, bytes);
  }
  const auto function_size = static_cast<std::uint32_t>(bytes.size() - sizeof(std::uint32_t));
  std::memcpy(bytes.data(), &function_size, sizeof function_size);
  encode(to_stored(what.transition), bytes);
  return bytes;
}

void put(WriteBatch& into, const database& in, const change& what, history_ring ring,
         event_writer& events) {
  const transition& t = what.transition;
  const prepared_view bytes{what.prepared};
  std::string tail;
  if (what.record.pair == pairs::absent) {
    remove_function(into, in, what, ring);
    add_sequence(tail, t.sequence, t.previous);
  } else {
    add_last_sequence(tail, t.sequence);
    add_owner_epoch(tail, what.epoch);
    put_parts(into, in[family::functions], number_key(t.uid), bytes.function, tail);
    tail.clear();
    add_sequence(tail, t.sequence, t.previous);
    put_parts(into, in[family::history], part_key(t.uid, what.history_place % ring.size),
              bytes.transition, tail);
    if (t.from == pairs::absent) into.Put(in[family::names], t.name, number_key(t.uid));
  }
  add_name(tail, t.name);
  events.add(into, t.sequence, bytes.transition, tail);
  put_documents(into, in, what);
  put_texts(into, in, what);
  for (const std::uint32_t attempt : what.owed_releases) {
    if (attempt != 0) into.Put(in[family::owed_releases], pair_key(t.uid, attempt), Slice{});
  }
}

void put(WriteBatch& into, const database& in, const note& what) {
  switch (what.kind) {
    case note_kind::release_owed:
      into.Put(in[family::owed_releases], pair_key(what.uid, what.number), Slice{});
      break;
    case note_kind::release_confirmed:
      into.Delete(in[family::owed_releases], pair_key(what.uid, what.number));
      break;
    case note_kind::used:
      into.Put(in[family::last_used], number_key(what.uid), number_key(number_of(what.at)));
      break;
    case note_kind::owner_alive: break;
  }
}

transition to_transition(stored_transition&& from) {
  transition result;
  result.sequence = from.sequence;
  result.previous = from.previous;
  result.uid = from.uid;
  result.name = std::move(from.name);
  result.at = from.at;
  result.event = from.event;
  result.cause = from.cause;
  result.from = from.from;
  result.to = from.to;
  result.state_reason_code = from.reason;
  result.update_reason_code = from.update_reason;
  result.reason = std::move(from.reason_text);
  result.revision = from.revision;
  return result;
}

}  // namespace fsm::rocks
