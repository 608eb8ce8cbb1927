// What the memory of this machine allows: hash a name, find its record, compare the name, one
// compare-and-swap, and a store. No library does less per call. Same names, same order as `invoke`;
// records as large as a function. Also in batches, so that the memory of many is fetched at the
// same time.
#include "machine.hpp"
#include "names.hpp"
#include "workload.hpp"

#include <absl/hash/hash.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <new>
#include <span>
#include <sys/mman.h>

namespace bench {
namespace {

/// Zeroed memory in huge pages, where the system has them.
template <class T>
class huge_array {
public:
  explicit huge_array(std::size_t count) : bytes_{count * sizeof(T)}, count_{count} {
    void* const memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc{};
    madvise(memory, bytes_, MADV_HUGEPAGE);
    first_ = static_cast<T*>(memory);
  }
  huge_array(const huge_array&) = delete;
  huge_array& operator=(const huge_array&) = delete;
  ~huge_array() { munmap(first_, bytes_); }

  T& operator[](std::size_t index) noexcept { return first_[index]; }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }

private:
  std::size_t bytes_;
  std::size_t count_;
  T* first_;
};

/// As large as a function of libfsm: three cache lines, of which one call touches the first.
struct alignas(64) record {
  std::atomic<std::uint64_t> admitted;
  std::uint64_t calls;
  std::uint8_t name_length;
  char name[39];
  char rest[128];
};
static_assert(sizeof(record) == 192);

struct slot {
  std::uint32_t tag;
  std::uint32_t position;  ///< Of the record, plus 1; 0 = free.
};

/// Names to records: open addressing, half full.
class probe_table {
public:
  explicit probe_table(const name_list& names)
      : records_{names.size()}, slots_{std::bit_ceil(names.size() * 2)} {
    for (std::uint64_t i = 0; i < names.size(); ++i) {
      const auto name = names[i];
      auto& made = records_[i];
      made.name_length = static_cast<std::uint8_t>(name.size());
      std::memcpy(made.name, name.data(), name.size());
      const auto hash = hash_of(name);
      auto at = hash & mask();
      while (slots_[at].position != 0) at = (at + 1) & mask();
      slots_[at] = {tag_of(hash), static_cast<std::uint32_t>(i + 1)};
    }
  }

  static std::uint64_t hash_of(std::string_view name) noexcept {
    return absl::Hash<std::string_view>{}(name);
  }

  /// The record of `name`; null when there is none.
  record* find(std::string_view name, std::uint64_t hash) noexcept {
    for (auto at = hash & mask();; at = (at + 1) & mask()) {
      const slot seen = slots_[at];
      if (seen.position == 0) return nullptr;
      if (seen.tag != tag_of(hash)) continue;
      record& found = records_[seen.position - 1];
      if (std::string_view{found.name, found.name_length} == name) return &found;
    }
  }

  void prefetch_slot(std::uint64_t hash) noexcept { __builtin_prefetch(&slots_[hash & mask()]); }
  /// The record that `find` will look at first.
  void prefetch_record(std::uint64_t hash) noexcept {
    for (auto at = hash & mask();; at = (at + 1) & mask()) {
      const slot seen = slots_[at];
      if (seen.position == 0) return;
      if (seen.tag != tag_of(hash)) continue;
      __builtin_prefetch(&records_[seen.position - 1], 1);
      return;
    }
  }

private:
  static std::uint32_t tag_of(std::uint64_t hash) noexcept {
    return static_cast<std::uint32_t>(hash >> 32);
  }
  [[nodiscard]] std::size_t mask() const noexcept { return slots_.size() - 1; }

  huge_array<record> records_;
  huge_array<slot> slots_;
};

/// What is left to do once the record of a name is found.
void call(record* found, measurement& out) {
  if (found == nullptr) return out.fail("a name was not found");
  std::uint64_t free = 0;
  // Another thread on the same record is rare enough not to be waited for.
  if (!found->admitted.compare_exchange_strong(free, 1, std::memory_order_acquire)) return;
  ++found->calls;
  found->admitted.store(0, std::memory_order_release);
}

/// One name after the other.
class alignas(64) prober final : public operation {
public:
  prober(probe_table& table, const name_stream& names, std::uint64_t first_turn)
      : table_{table}, names_{names}, turn_{first_turn} {}

  void run(std::uint64_t count, measurement& out) override {
    for (; count > 0; --count) {
      const auto name = names_[turn_++];
      call(table_.find(name, probe_table::hash_of(name)), out);
    }
  }

private:
  probe_table& table_;
  const name_stream& names_;
  std::uint64_t turn_;
};

/// Names of a batch. More do not help: the processor has no more fetches on their way.
constexpr std::size_t batch_size = 64;

/// Step by step for a whole batch.
class alignas(64) batch_prober final : public operation {
public:
  batch_prober(probe_table& table, const name_stream& names, std::uint64_t first_turn)
      : table_{table}, names_{names}, turn_{first_turn} {}

  void run(std::uint64_t count, measurement& out) override {
    while (count > 0) {
      const auto size = std::min<std::uint64_t>(count, batch_size);
      run_batch(size, out);
      count -= size;
    }
  }

private:
  void run_batch(std::size_t size, measurement& out) {
    for (std::size_t i = 0; i < size; ++i) {
      hashes_[i] = probe_table::hash_of(names_[turn_ + i]);
      table_.prefetch_slot(hashes_[i]);
    }
    for (std::size_t i = 0; i < size; ++i) table_.prefetch_record(hashes_[i]);
    for (std::size_t i = 0; i < size; ++i) call(table_.find(names_[turn_ + i], hashes_[i]), out);
    turn_ += size;
  }

  probe_table& table_;
  const name_stream& names_;
  std::uint64_t turn_;
  std::array<std::uint64_t, batch_size> hashes_{};
};

template <class Prober>
class hardware_probe_workload final : public workload {
public:
  hardware_probe_workload(const settings& how, sampling samples)
      : samples_{samples},
        names_{how.functions},
        drawn_{names_, how.seed},
        resident_before_{resident_bytes_trimmed()},
        table_{names_},
        bytes_per_function_{static_cast<double>(resident_bytes() - resident_before_) /
                            static_cast<double>(how.functions)} {
    for (std::size_t i = 0; i < how.threads; ++i) {
      probers_.push_back(
          std::make_unique<Prober>(table_, drawn_, drawn_.first_turn(i, how.threads)));
    }
  }

  measurement measure(const pace& how) override { return run_threads(probers_, how, samples_); }
  std::uint64_t functions() const override { return names_.size(); }
  double bytes_per_function() const override { return bytes_per_function_; }

private:
  sampling samples_;
  name_list names_;
  name_stream drawn_;
  std::uint64_t resident_before_;
  probe_table table_;
  double bytes_per_function_;
  std::vector<std::unique_ptr<operation>> probers_;
};

}  // namespace

std::unique_ptr<workload> make_hardware_probe(const settings& how) {
  return std::make_unique<hardware_probe_workload<prober>>(how, sampling{});
}

std::unique_ptr<workload> make_hardware_probe_batch(const settings& how) {
  // Whole batches only; a sample is the mean of several.
  return std::make_unique<hardware_probe_workload<batch_prober>>(
      how, sampling{.interval = 4 * batch_size, .mean = true});
}

}  // namespace bench
