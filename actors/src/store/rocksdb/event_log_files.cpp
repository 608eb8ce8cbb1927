#include "event_log_files.hpp"

#include "problems.hpp"

#include <rocksdb/metadata.h>
#include <rocksdb/sst_file_reader.h>

#include <cstdint>
#include <string>
#include <vector>

namespace fsm::rocks {

namespace {

constexpr std::size_t files_min = 4;

/// The names of neighbouring files, in the order of the level.
using run = std::vector<std::string>;

/// Those that are worth being one file each.
std::vector<run> runs_of_small_files(const rocksdb::LevelMetaData& level, std::uint64_t bytes_max) {
  std::vector<run> runs;
  const auto& files = level.files;
  std::size_t first = 0;
  std::uint64_t bytes = 0;  // From the first on.
  const auto end_run = [&](std::size_t end) {
    if (end - first < files_min) return false;
    run& ended = runs.emplace_back();
    for (; first < end; ++first) ended.push_back(files[first].name);
    return true;
  };
  for (std::size_t next = 0; next < files.size(); ++next) {
    bytes += files[next].size;
    if (bytes <= bytes_max) continue;
    if (end_run(next)) bytes = files[next].size;
    for (; bytes > bytes_max; ++first) bytes -= files[first].size;
  }
  end_run(files.size());
  return runs;
}

/// What is left of a run without damaged files: a compaction that meets one ends all writing.
std::vector<run> whole_parts(const std::string& directory, const rocksdb::Options& how,
                             const run& of) {
  std::vector<run> parts(1);
  for (const std::string& file : of) {
    rocksdb::SstFileReader reader{how};
    const bool is_whole = reader.Open(directory + file).ok() && reader.VerifyChecksum().ok();
    if (is_whole) {
      parts.back().push_back(file);
    } else {
      parts.emplace_back();
    }
  }
  std::erase_if(parts, [](const run& part) { return part.size() < files_min; });
  return parts;
}

bool has_room(const database& in, std::uint64_t bytes) {
  std::uint64_t free_bytes = 0;
  const rocksdb::Status asked = in.db->GetEnv()->GetFreeSpace(in.directory, &free_bytes);
  return !asked.ok() || free_bytes >= bytes;
}

}  // namespace

expected<void> merge_small_files(const database& in) {
  auto* const log = in[family::events];
  rocksdb::ColumnFamilyMetaData found;
  in.db->GetColumnFamilyMetaData(log, &found);
  const rocksdb::Options options = in.db->GetOptions(log);
  const std::uint64_t bytes_max = options.write_buffer_size;
  rocksdb::CompactionOptions how;
  how.compression = rocksdb::kDisableCompressionOption;  // As the family has it.
  for (const run& small : runs_of_small_files(found.levels.front(), bytes_max)) {
    if (!has_room(in, 2 * bytes_max)) return {};
    for (const run& whole : whole_parts(in.directory, options, small)) {
      const rocksdb::Status merged = in.db->CompactFiles(how, log, whole, 0);
      // The oldest may be dropped just now: then it is for the next time.
      const bool has_changed = merged.IsAborted() || merged.IsInvalidArgument();
      if (!merged.ok() && !has_changed) return unexpected(problem(in.directory, "opened", merged));
    }
  }
  return {};
}

}  // namespace fsm::rocks
