#include <fsm/detail/per_thread.hpp>
#include <fsm/stored.hpp>

#include "fsm/v1/function.pb.h"
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/unknown_field_set.h>

#include <array>
#include <chrono>
#include <limits>
#include <optional>
#include <type_traits>

namespace fsm {

namespace {

// The numbers of the enums are those of the schema; `event` alone counts from 0 and is shifted.
static_assert(static_cast<int>(state::deleting) == v1::STATE_DELETING);
static_assert(all_states.size() == v1::State_ARRAYSIZE);
static_assert(static_cast<int>(last_update_status::failed) == v1::LAST_UPDATE_STATUS_FAILED);
static_assert(all_last_update_statuses.size() == v1::LastUpdateStatus_ARRAYSIZE);
static_assert(static_cast<int>(reason_code::dependency_error) == v1::REASON_CODE_DEPENDENCY_ERROR);
static_assert(all_reason_codes.size() + 1 == v1::ReasonCode_ARRAYSIZE);
static_assert(static_cast<int>(event::idle_due) + 1 == v1::EVENT_IDLE_DUE);
static_assert(event_count + 1 == v1::Event_ARRAYSIZE);
static_assert(static_cast<int>(cause::recovery) == v1::CAUSE_RECOVERY);
static_assert(static_cast<int>(cause::exit) == v1::CAUSE_EXIT);

tl::unexpected<error> damaged(std::string message) {
  return unexpected({.code = errc::internal, .message = std::move(message)});
}

std::int64_t milliseconds_of(timestamp at) { return at.time_since_epoch().count(); }
timestamp timestamp_of(std::int64_t count) { return timestamp{std::chrono::milliseconds{count}}; }

/// Puts `value` into `target` if the type has room for it. An enum may be of any value that fits:
/// a newer version may know more than this one.
template <class Target, class Value>
bool put(Target& target, Value value) {
  using number = typename std::conditional_t<std::is_enum_v<Target>, std::underlying_type<Target>,
                                             std::type_identity<Target>>::type;
  const auto wide = static_cast<std::int64_t>(value);
  if (wide < 0 || wide > std::numeric_limits<number>::max()) return false;
  target = static_cast<Target>(wide);
  return true;
}

/// Parses a message and checks what both kinds have in common. Returns what is wrong, or nullopt.
template <class Message>
std::optional<std::string> parse(Message& message, std::string_view bytes,
                                 const std::string& kind) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return "the bytes of a stored " + kind + " are damaged or cut short";
  }
  if (message.schema_version() == 0) return "the bytes are not those of a stored " + kind;
  if (message.schema_version() > stored_schema_version) {
    return "a stored " + kind + " has schema version " + std::to_string(message.schema_version()) +
           ", this version of the library reads up to " + std::to_string(stored_schema_version);
  }
  if (message.uid() == 0) return "a stored " + kind + " has no uid";
  return std::nullopt;
}

template <class Message>
void append(std::string& bytes, Message& message, const std::string& unknown_fields) {
  message.set_schema_version(stored_schema_version);
  // Messages may be written one behind the other: a reader merges their fields.
  message.AppendToString(&bytes);
  bytes.append(unknown_fields);
}

/// Appends one numeric field: a reader lets the last one of a number count.
void add_number(std::string& bytes, int field, std::uint64_t value) {
  using google::protobuf::io::CodedOutputStream;
  std::array<std::uint8_t, 15> buffer{};
  std::uint8_t* end = CodedOutputStream::WriteVarint32ToArray(
      static_cast<std::uint32_t>(field) << 3U, buffer.data());
  end = CodedOutputStream::WriteVarint64ToArray(value, end);
  bytes.append(buffer.data(), end);
}

std::string unknown_fields_of(const google::protobuf::Message& message) {
  const auto& fields = message.GetReflection()->GetUnknownFields(message);
  std::string bytes;
  if (!fields.empty()) fields.SerializeToString(&bytes);
  return bytes;
}

void write_lifecycle(v1::Function& message, const lifecycle_record& record) {
  message.set_state(static_cast<v1::State>(record.pair.state));
  message.set_last_update_status(static_cast<v1::LastUpdateStatus>(record.pair.update_status));
  message.set_state_reason(static_cast<v1::ReasonCode>(record.state_reason));
  message.set_update_reason(static_cast<v1::ReasonCode>(record.update_reason));
  message.set_revision(record.revision);
  message.set_current_version(record.version);
  message.set_attempt(record.attempt);
  message.set_held_attempt(record.held);
  message.set_state_since_ms(milliseconds_of(record.since));
}

/// Returns whether all values fit.
bool read_lifecycle(lifecycle_record& record, const v1::Function& message) {
  record.revision = message.revision();
  record.version = message.current_version();
  record.attempt = message.attempt();
  record.held = message.held_attempt();
  record.since = timestamp_of(message.state_since_ms());
  return put(record.pair.state, message.state()) &&
         put(record.pair.update_status, message.last_update_status()) &&
         put(record.state_reason, message.state_reason()) &&
         put(record.update_reason, message.update_reason());
}

}  // namespace

void encode(const stored_function& function, std::string& onto) {
  auto& message = detail::per_thread<v1::Function>();  // Its strings keep their memory.
  message.Clear();
  message.set_uid(function.uid);
  message.set_name(function.name);
  message.set_tenant(function.tenant);
  write_lifecycle(message, function.lifecycle);
  message.set_state_reason_text(function.state_reason_text);
  message.set_update_reason_text(function.update_reason_text);
  message.set_state_reason_name(function.state_reason_name);
  message.set_update_reason_name(function.update_reason_name);
  message.set_created_ms(milliseconds_of(function.created));
  message.set_changed_ms(milliseconds_of(function.changed));
  message.set_last_used_ms(milliseconds_of(function.last_used));
  message.set_last_sequence(function.last_sequence);
  message.set_policy(function.policy);
  message.set_idle_after_ms(function.idle_after.count());
  message.set_history_place(function.history_place);
  for (const auto attempt : function.releases_outstanding)
    message.add_releases_outstanding(attempt);
  message.set_owner_epoch(function.owner_epoch);
  append(onto, message, function.unknown_fields);
}

std::string encode(const stored_function& function) {
  std::string bytes;
  encode(function, bytes);
  return bytes;
}

expected<stored_function> decode_function(std::string_view bytes) {
  stored_function function;
  if (expected<void> read = decode(bytes, function); !read) return unexpected(read.error());
  return function;
}

expected<void> decode(std::string_view bytes, stored_function& into) {
  auto& message = detail::per_thread<v1::Function>();  // Its strings keep their memory.
  message.Clear();
  if (auto wrong = parse(message, bytes, "function")) return damaged(*std::move(wrong));
  if (message.name().empty()) return damaged("a stored function has no name");
  into.uid = message.uid();
  into.name = message.name();
  into.tenant = message.tenant();
  if (!read_lifecycle(into.lifecycle, message) || !put(into.policy, message.policy()) ||
      !put(into.history_place, message.history_place())) {
    return damaged("a state, reason or policy of the stored function '" + into.name +
                   "' is out of range");
  }
  into.state_reason_text = message.state_reason_text();
  into.update_reason_text = message.update_reason_text();
  into.state_reason_name = message.state_reason_name();
  into.update_reason_name = message.update_reason_name();
  into.created = timestamp_of(message.created_ms());
  into.changed = timestamp_of(message.changed_ms());
  into.last_used = timestamp_of(message.last_used_ms());
  into.last_sequence = message.last_sequence();
  into.idle_after = std::chrono::milliseconds{message.idle_after_ms()};
  const auto& releases = message.releases_outstanding();
  into.releases_outstanding.assign(releases.begin(), releases.end());
  into.owner_epoch = message.owner_epoch();
  into.unknown_fields = unknown_fields_of(message);
  return {};
}

void add_last_sequence(std::string& function, std::uint64_t last_sequence) {
  add_number(function, v1::Function::kLastSequenceFieldNumber, last_sequence);
}

void add_owner_epoch(std::string& function, std::uint64_t owner_epoch) {
  add_number(function, v1::Function::kOwnerEpochFieldNumber, owner_epoch);
}

void add_sequence(std::string& transition, std::uint64_t sequence, std::uint64_t previous) {
  add_number(transition, v1::Transition::kSequenceFieldNumber, sequence);
  add_number(transition, v1::Transition::kPreviousSequenceFieldNumber, previous);
}

void add_name(std::string& transition, std::string_view name) {
  using google::protobuf::io::CodedOutputStream;
  constexpr std::uint32_t bytes_follow = 2;
  std::array<std::uint8_t, 10> buffer{};
  std::uint8_t* end = CodedOutputStream::WriteVarint32ToArray(
      (static_cast<std::uint32_t>(v1::Transition::kNameFieldNumber) << 3U) | bytes_follow,
      buffer.data());
  end = CodedOutputStream::WriteVarint32ToArray(static_cast<std::uint32_t>(name.size()), end);
  transition.append(buffer.data(), end);
  transition.append(name);
}

void encode(const stored_transition& transition, std::string& onto) {
  auto& message = detail::per_thread<v1::Transition>();
  message.Clear();
  message.set_sequence(transition.sequence);
  message.set_previous_sequence(transition.previous);
  message.set_uid(transition.uid);
  message.set_at_ms(milliseconds_of(transition.at));
  message.set_event(static_cast<v1::Event>(static_cast<int>(transition.event) + 1));
  message.set_cause(static_cast<v1::Cause>(transition.cause));
  message.set_from_state(static_cast<v1::State>(transition.from.state));
  message.set_from_last_update_status(
      static_cast<v1::LastUpdateStatus>(transition.from.update_status));
  message.set_to_state(static_cast<v1::State>(transition.to.state));
  message.set_to_last_update_status(static_cast<v1::LastUpdateStatus>(transition.to.update_status));
  message.set_reason(static_cast<v1::ReasonCode>(transition.reason));
  message.set_reason_text(transition.reason_text);
  message.set_reason_name(transition.reason_name);
  message.set_update_reason(static_cast<v1::ReasonCode>(transition.update_reason));
  message.set_revision(transition.revision);
  message.set_name(transition.name);
  append(onto, message, transition.unknown_fields);
}

std::string encode(const stored_transition& transition) {
  std::string bytes;
  encode(transition, bytes);
  return bytes;
}

expected<stored_transition> decode_transition(std::string_view bytes) {
  auto& message = detail::per_thread<v1::Transition>();
  message.Clear();
  if (auto wrong = parse(message, bytes, "transition")) return damaged(*std::move(wrong));
  if (message.event() == v1::EVENT_NONE) return damaged("a stored transition has no event");
  stored_transition transition;
  transition.sequence = message.sequence();
  transition.previous = message.previous_sequence();
  transition.uid = message.uid();
  transition.at = timestamp_of(message.at_ms());
  const bool fits = put(transition.event, static_cast<std::int64_t>(message.event()) - 1) &&
                    put(transition.cause, message.cause()) &&
                    put(transition.from.state, message.from_state()) &&
                    put(transition.from.update_status, message.from_last_update_status()) &&
                    put(transition.to.state, message.to_state()) &&
                    put(transition.to.update_status, message.to_last_update_status()) &&
                    put(transition.reason, message.reason()) &&
                    put(transition.update_reason, message.update_reason());
  if (!fits) {
    return damaged("a state, event, cause or reason of the stored transition " +
                   std::to_string(transition.sequence) + " is out of range");
  }
  transition.reason_text = message.reason_text();
  transition.reason_name = message.reason_name();
  transition.revision = message.revision();
  transition.name = message.name();
  transition.unknown_fields = unknown_fields_of(message);
  return transition;
}

}  // namespace fsm
