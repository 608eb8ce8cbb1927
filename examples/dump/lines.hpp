#pragma once

#include <fsm/rocksdb.hpp>
#include <fsm/stored.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <string_view>

/// \file
/// The lines of a dump. Each is an object whose `kind` says what it is about; names of states and
/// codes are those of the Lambda API, times are ISO 8601 in UTC. Bytes that are not UTF-8 are shown
/// as U+FFFD, but for documents: those are in Base64 then.

namespace dump {

[[nodiscard]] boost::json::object store_line(const fsm::rocksdb_summary& summary);
[[nodiscard]] boost::json::object owed_release_line(std::uint64_t uid, std::uint32_t number);
/// Without its documents.
[[nodiscard]] boost::json::object function_line(const fsm::stored_function& function);
/// A function's `metadata`.
[[nodiscard]] boost::json::object content_entry(std::string_view content, bool with_content);
/// An element of a function's `documents`.
[[nodiscard]] boost::json::object document_entry(std::uint32_t version, std::string_view document,
                                                 bool with_content);
/// `kind` is "history" or "event".
[[nodiscard]] boost::json::object transition_line(std::string_view kind,
                                                  const fsm::stored_transition& what);

}  // namespace dump
