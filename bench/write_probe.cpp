#include "write_probe.hpp"

#include "data_directory.hpp"
#include "machine.hpp"
#include "peers/raw_rocksdb.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

namespace bench {
write_probe::write_probe(const storage& where)
    : where_{where}, store_{where.directory->path() / where.label} {}

void write_probe::begin() { keeper_ = std::make_unique<log_keeper>(store_); }

void write_probe::end() {
  constexpr std::uint64_t bytes_max = std::uint64_t{2} << 30;
  keeper_.reset();
  written_ = {};  // Before the next are read: both at once are not in any estimate.
  written_ = closed_store{store_}.read_batches(std::min(bytes_max, available_bytes() / 4));
}

measurement write_probe::write() {
  return alone([this](raw_rocksdb& raw) { return raw.write(written_); });
}

measurement write_probe::write_paced(double per_second, double seconds) {
  return alone([&](raw_rocksdb& raw) { return raw.write_paced(written_, per_second, seconds); });
}

measurement write_probe::alone(const std::function<measurement(raw_rocksdb&)>& work) const {
  const auto label = where_.label + "-probe";
  raw_rocksdb raw{where_.directory->place(label), where_.synced};
  return work(raw);
}

std::vector<family_size> write_probe::compact() { return closed_store{store_}.compact(); }

void note_sizes(measurement& into, const std::vector<family_size>& sizes, std::uint64_t functions) {
  constexpr double bytes_max = 300;
  if (functions == 0) return;
  double counted = 0;
  std::string text;
  std::string object;
  for (const auto& each : sizes) {
    const auto bytes = static_cast<double>(each.bytes) / static_cast<double>(functions);
    if (!each.is_apart) counted += bytes;
    char figure[32];
    std::snprintf(figure, sizeof figure, "%.1f", bytes);
    text += (text.empty() ? "" : ", ") + each.name + ' ' + figure;
    object += (object.empty() ? "\"" : ",\"") + each.name + "\":" + figure;
  }
  into.more.remarks.push_back("bytes per function on disk, compacted: " + text);
  into.more.members.emplace_back("disk_bytes_per_function", "{" + object + "}");
  into.more.targets.push_back({"bytes per function on disk, documents, history and events apart:",
                               counted, bytes_max, true});
}

}  // namespace bench
