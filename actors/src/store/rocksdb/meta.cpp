#include "meta.hpp"

#include "keys.hpp"
#include "problems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace fsm::rocks {

namespace {

constexpr std::string_view schema_version_key = "schema_version";
constexpr std::string_view history_max_key = "history_max";
constexpr std::string_view epoch_key = "epoch";
constexpr std::string_view progress_key = "progress";

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

/// The bytes under a key, none if it is not there, an error if it is not of that size.
expected<std::optional<std::string>> read(const database& in, std::string_view key,
                                          std::size_t size) {
  std::string bytes;
  const rocksdb::Status got = in.db->Get({}, in[family::meta], slice(key), &bytes);
  if (got.IsNotFound()) return std::nullopt;
  if (!got.ok()) return unexpected(problem(in.directory, "read", got));
  if (bytes.size() != size) {
    return unexpected(damaged(in.directory, fmt::format("meta record '{}' has {} bytes, not {}",
                                                        key, bytes.size(), size)));
  }
  return bytes;
}

expected<std::optional<std::uint64_t>> read_number(const database& in, std::string_view key) {
  auto bytes = read(in, key, 8);
  if (!bytes) return unexpected(bytes.error());
  if (!*bytes) return std::nullopt;
  return number_at<std::uint64_t>(**bytes, 0);
}

void put_number(rocksdb::WriteBatch& into, const database& in, std::string_view key,
                std::uint64_t number) {
  into.Put(in[family::meta], slice(key), number_key(number));
}

expected<void> write_synced(database& in, rocksdb::WriteBatch& batch) {
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (const rocksdb::Status written = in.db->Write(synced, &batch); !written.ok())
    return unexpected(problem(in.directory, "written", written));
  return {};
}

/// A database without a schema version is new, or something else's.
expected<meta> lay_down(database& in, const rocksdb_options& how, const internals& with) {
  if (in.db->GetLatestSequenceNumber() != 0)
    return unexpected(damaged(in.directory, "it does not say its schema version"));
  const meta fresh{.schema_version = with.schema_version, .history_max = how.history_max, .at = {}};
  rocksdb::WriteBatch batch;
  put_schema_version(batch, in, fresh.schema_version);
  put_history_max(batch, in, fresh.history_max);
  if (auto written = write_synced(in, batch); !written) return unexpected(written.error());
  return fresh;
}

expected<void> upgrade(database& in, std::uint32_t from, const rocksdb_options& how,
                       const internals& with) {
  for (std::uint32_t version = from; version < with.schema_version; ++version) {
    const auto step = std::ranges::find(with.upgrades, version, &upgrade_step::from);
    if (step == with.upgrades.end()) {
      return unexpected({errc::internal, fmt::format("the store in {} has schema version {}, which "
                                                     "this version of libfsm cannot upgrade",
                                                     in.directory, version)});
    }
    if (auto done = step->run(in); !done) return done;
    rocksdb::WriteBatch batch;
    put_schema_version(batch, in, version + 1);
    if (auto written = write_synced(in, batch); !written) return written;
    if (how.warn)
      how.warn(fmt::format("the store in {} was upgraded from schema version {} to {}",
                           in.directory, version, version + 1));
  }
  return {};
}

}  // namespace

std::vector<upgrade_step> upgrades() {
  return {
      // 2 has the family `metadata`, which opening has made already.
      {.from = 1, .run = [](database&) { return expected<void>{}; }},
  };
}

expected<std::optional<meta>> read_meta(const database& in) {
  meta found;
  const auto version = read_number(in, schema_version_key);
  if (!version) return unexpected(version.error());
  if (!*version) return std::nullopt;
  found.schema_version = static_cast<std::uint32_t>(**version);
  const auto history_max = read_number(in, history_max_key);
  if (!history_max) return unexpected(history_max.error());
  const auto epoch = read_number(in, epoch_key);
  if (!epoch) return unexpected(epoch.error());
  const auto at = read(in, progress_key, 24);
  if (!at) return unexpected(at.error());
  found.history_max = history_max->value_or(0);
  found.epoch = epoch->value_or(0);
  if (const auto& bytes = *at) {
    found.at.last_sequence = number_at<std::uint64_t>(*bytes, 0);
    found.at.last_uid = number_at<std::uint64_t>(*bytes, 8);
    found.at.alive_at = time_at(*bytes, 16);
  }
  return found;
}

void put_schema_version(rocksdb::WriteBatch& into, const database& in, std::uint32_t version) {
  put_number(into, in, schema_version_key, version);
}
void put_history_max(rocksdb::WriteBatch& into, const database& in, std::uint64_t history_max) {
  put_number(into, in, history_max_key, history_max);
}
void put_epoch(rocksdb::WriteBatch& into, const database& in, std::uint64_t epoch) {
  put_number(into, in, epoch_key, epoch);
}
void put_progress(rocksdb::WriteBatch& into, const database& in, const progress& at) {
  const auto value = key<24>{}.add(at.last_sequence).add(at.last_uid).add(number_of(at.alive_at));
  into.Put(in[family::meta], slice(progress_key), value);
}

expected<void> refuse_newer(const database& in, const meta& found, std::uint32_t schema_version) {
  if (found.schema_version <= schema_version) return {};
  return unexpected(
      {errc::internal,
       fmt::format("the store in {} was written by a newer version of libfsm (schema version {}, "
                   "this one reads up to {}): use that version, or a checkpoint from before",
                   in.directory, found.schema_version, schema_version)});
}

expected<meta> take_over(database& in, const rocksdb_options& how, const internals& with) {
  const auto there = read_meta(in);
  if (!there) return unexpected(there.error());
  if (!*there) {
    if (auto made = lay_down(in, how, with); !made) return unexpected(made.error());
  } else if (auto known = refuse_newer(in, **there, with.schema_version); !known) {
    return unexpected(known.error());
  } else if (auto done = upgrade(in, (*there)->schema_version, how, with); !done) {
    return unexpected(done.error());
  }

  const auto known = read_meta(in);
  if (!known) return unexpected(known.error());
  meta now = **known;
  if (now.history_max != how.history_max) {
    return unexpected({errc::invalid_argument,
                       fmt::format("history_max: {}: the store in {} was made for {} transitions "
                                   "per function; open it with that number",
                                   how.history_max, in.directory, now.history_max)});
  }
  ++now.epoch;
  rocksdb::WriteBatch batch;
  put_epoch(batch, in, now.epoch);
  if (auto written = write_synced(in, batch); !written) return unexpected(written.error());
  return now;
}

}  // namespace fsm::rocks
