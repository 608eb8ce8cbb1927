#include "dump/lines.hpp"

#include "dump/valid_text.hpp"
#include "platform/times.hpp"
#include "platform/wire/digest.hpp"
#include <fsm/view.hpp>

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

#include <string>

namespace dump {

namespace json = boost::json;

namespace {

// A code's wire name; for one that this version does not know, what was stored beside it, else its
// number.
std::string code_text(fsm::reason_code code, const std::string& stored_name) {
  if (const auto name = fsm::wire_name(code); !name.empty()) return std::string{name};
  if (!stored_name.empty()) return valid_text(stored_name);
  return code == fsm::reason_code::none ? "" : std::to_string(static_cast<unsigned>(code));
}

std::string reason_text(fsm::reason_code code, const std::string& stored_text) {
  return stored_text.empty() ? std::string{fsm::default_text(code)} : valid_text(stored_text);
}

json::object pair_of(const fsm::pair& which) {
  return {{"state", fsm::wire_name(which.state)},
          {"last_update_status", fsm::wire_name(which.update_status)}};
}

// A time, or null if there was none.
json::value time_of(fsm::timestamp when) {
  if (when == fsm::timestamp{}) return nullptr;
  return json::value(platform::iso_text(when));
}

}  // namespace

json::object store_line(const fsm::rocksdb_summary& summary) {
  return {{"kind", "store"},
          {"schema_version", summary.schema_version},
          {"epoch", summary.epoch},
          {"last_sequence", summary.last_sequence},
          {"last_uid", summary.last_uid},
          {"alive_at", time_of(summary.alive_at)},
          {"history_max", summary.history_max}};
}

json::object owed_release_line(std::uint64_t uid, std::uint32_t number) {
  return {{"kind", "owed_release"}, {"uid", uid}, {"attempt", number}};
}

json::object function_line(const fsm::stored_function& f) {
  const fsm::lifecycle_record& life = f.lifecycle;
  json::object line{
      {"kind", "function"},
      {"uid", f.uid},
      {"name", valid_text(f.name)},
      {"tenant", valid_text(f.tenant)},
      {"state", fsm::wire_name(life.pair.state)},
      {"state_reason_code", code_text(life.state_reason, f.state_reason_name)},
      {"state_reason", reason_text(life.state_reason, f.state_reason_text)},
      {"last_update_status", fsm::wire_name(life.pair.update_status)},
      {"last_update_status_reason_code", code_text(life.update_reason, f.update_reason_name)},
      {"last_update_status_reason", reason_text(life.update_reason, f.update_reason_text)},
      {"revision", life.revision},
      {"revision_id", fsm::revision_id(f.uid, life.revision)},
      {"version", life.version},
      {"target_version", life.target()},
      {"attempt", life.attempt},
      {"held", life.held},
      {"since", time_of(life.since)},
      {"created", time_of(f.created)},
      {"changed", time_of(f.changed)},
      {"last_used", time_of(f.last_used)},
      {"last_sequence", f.last_sequence}};
  line["idle_after"] = f.idle_after == fsm::duration{}
                           ? json::value{nullptr}
                           : json::value(platform::duration_text(f.idle_after));
  return line;
}

json::object content_entry(std::string_view content, bool with_content) {
  json::object entry{{"bytes", content.size()}};
  if (!with_content) return entry;
  if (is_utf8(content)) {
    entry["document"] = content;
  } else {
    entry["document_base64"] = platform::wire::base64_encode(content);
  }
  return entry;
}

json::object document_entry(std::uint32_t version, std::string_view document, bool with_content) {
  json::object entry{{"version", version}};
  for (auto& [name, value] : content_entry(document, with_content)) entry[name] = value;
  return entry;
}

json::object transition_line(std::string_view kind, const fsm::stored_transition& what) {
  // The reason is that of the half which the event is about.
  const bool of_update = what.reason == fsm::reason_code::none && what.reason_name.empty();
  json::object line{{"kind", kind},
                    {"sequence", what.sequence},
                    {"previous", what.previous},
                    {"uid", what.uid},
                    {"name", valid_text(what.name)},
                    {"at", time_of(what.at)},
                    {"event", fsm::to_string(what.event)},
                    {"cause", fsm::to_string(what.cause)},
                    {"from", pair_of(what.from)},
                    {"to", pair_of(what.to)},
                    {"reason_code", code_text(what.reason, what.reason_name)},
                    {"update_reason_code", code_text(what.update_reason, "")}};
  line["reason"] = reason_text(of_update ? what.update_reason : what.reason, what.reason_text);
  line["revision"] = what.revision;
  line["revision_id"] = fsm::revision_id(what.uid, what.revision);
  return line;
}

}  // namespace dump
