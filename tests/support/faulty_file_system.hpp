#pragma once

#include "disk_model.hpp"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fsm::testing {

/// What a program asks of its file system.
enum class file_call : std::uint8_t {
  open,            ///< A file to read.
  create,          ///< A file to write, also one that is there.
  read,            ///< From a file.
  write,           ///< To a file, also cutting it off.
  sync,            ///< A file's bytes.
  sync_directory,  ///< A directory's entries.
  enter,           ///< A new entry: renaming, linking, making a directory.
  remove,          ///< Of a file or an empty directory.
  close,           ///< Of a file that was written.
  look,            ///< Anything that only asks: existence, sizes, lists.
  any,             ///< In a fault: all of them. Never recorded.
};
[[nodiscard]] std::string_view to_string(file_call what) noexcept;

/// What goes wrong.
enum class file_fault : std::uint8_t {
  error,             ///< An I/O error; nothing is done.
  no_space,          ///< "No space left on device"; nothing is done.
  half,              ///< A write puts down half of the bytes and fails; as `error` for others.
  power_cut_before,  ///< The power goes before the call does anything.
  power_cut_after,   ///< The power goes when the call has done all it does; nobody hears of it.
  hold,              ///< The call waits for `let_go`.
};

/// A fault that is waiting for its call.
struct planned_fault {
  file_fault what = file_fault::error;
  file_call at = file_call::any;
  /// Part of the file's name below the root: ".log", "MANIFEST". "" = every file.
  std::string files{};
  /// The n-th such call from now on.
  std::uint64_t nth = 1;
  /// All those after it, too.
  bool lasting = false;
};

struct recorded_call {
  file_call what = file_call::look;
  std::string file;  ///< Below the root.
  std::uint64_t bytes = 0;
  bool failed = false;
};

/// A file system for RocksDB that fails on demand, and that knows what the disk would hold if the
/// power went now. It works on real files; nothing is really synced.
///
/// After a power cut every call fails. When the database is closed, `restore_power` makes of the
/// directory what the disk held.
///
/// Any thread.
class faulty_file_system final : public rocksdb::FileSystemWrapper {
public:
  /// Everything below `root`, a directory, is under its rule; what is there is durable.
  explicit faulty_file_system(std::filesystem::path root);

  static const char* kClassName() { return "faulty"; }
  const char* Name() const override { return kClassName(); }

  // -- faults -------------------------------------------------------------------------------------
  void plan(planned_fault fault);
  /// Forgets all faults and the limit of space; calls that are held go on.
  void forgive();
  void cut_power();
  [[nodiscard]] bool power_is_cut() const;
  /// So many bytes may still be written, then there is no space left. A write that does not fit
  /// puts down what does.
  void leave_space(std::uint64_t bytes);
  /// Blocks until a call is held. False if none is after half a minute.
  [[nodiscard]] bool await_held();
  /// Lets the calls that are held go on, and all later ones. A call is held for a minute at most,
  /// then it fails.
  void let_go();

  // -- what is on the disk ------------------------------------------------------------------------
  /// Makes of the real directory what the disk held at the power cut, or would hold. Nothing below
  /// it may be open. From then on there is power; faults are forgotten.
  void restore_power(unsynced what = unsynced::lost, std::uint64_t seed = 0);
  /// Writes to `to`, outside of the root, what the disk would hold now.
  void copy_disk(const std::filesystem::path& to, unsynced what = unsynced::lost,
                 std::uint64_t seed = 0) const;

  // -- what happened ------------------------------------------------------------------------------
  /// Called before and after every call that changes something, on its thread, with its number of
  /// that kind. Null = nobody. Not to be changed while calls are made.
  using witness = std::function<void(const recorded_call& what, bool after)>;
  void watch(witness who) { witness_ = std::move(who); }
  [[nodiscard]] std::vector<recorded_call> calls() const;
  /// How many calls of a kind were made, with `files` in their names.
  [[nodiscard]] std::uint64_t count(file_call what, std::string_view files = {}) const;
  /// The last calls that change something, a line each, for messages.
  [[nodiscard]] std::string last_calls(std::size_t count_max = 20) const;

  // -- for the files ------------------------------------------------------------------------------
  /// Does one call: `act` gets how many of `bytes` it may write.
  rocksdb::IOStatus perform(file_call what, const std::string& path, std::uint64_t bytes,
                            const std::function<rocksdb::IOStatus(std::uint64_t)>& act);
  /// Tells the model. Only inside of `act`.
  [[nodiscard]] disk_model& model() noexcept { return *model_; }

  // -- rocksdb::FileSystem ------------------------------------------------------------------------
  rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* into,
                                      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& path,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* into,
                                        rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* into,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* into,
                                       rocksdb::IODebugContext* debug) override;
  /// Refused: the model has no files whose bytes are written over.
  rocksdb::IOStatus ReuseWritableFile(const std::string& path, const std::string& old,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* into,
                                      rocksdb::IODebugContext* debug) override;
  /// Refused, too.
  rocksdb::IOStatus NewRandomRWFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSRandomRWFile>* into,
                                    rocksdb::IODebugContext* debug) override;
  /// Refused, too.
  rocksdb::IOStatus NewMemoryMappedFileBuffer(
      const std::string& path, std::unique_ptr<rocksdb::MemoryMappedFileBuffer>* into) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* into,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus FileExists(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetChildren(const std::string& path, const rocksdb::IOOptions& options,
                                std::vector<std::string>* into,
                                rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetChildrenFileAttributes(const std::string& path,
                                              const rocksdb::IOOptions& options,
                                              std::vector<rocksdb::Env::FileAttributes>* into,
                                              rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus Truncate(const std::string& path, std::size_t size,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus CreateDir(const std::string& path, const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus CreateDirIfMissing(const std::string& path, const rocksdb::IOOptions& options,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteDir(const std::string& path, const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetFileSize(const std::string& path, const rocksdb::IOOptions& options,
                                std::uint64_t* into, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetFileModificationTime(const std::string& path,
                                            const rocksdb::IOOptions& options, std::uint64_t* into,
                                            rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NumFileLinks(const std::string& path, const rocksdb::IOOptions& options,
                                 std::uint64_t* into, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LockFile(const std::string& path, const rocksdb::IOOptions& options,
                             rocksdb::FileLock** lock, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewLogger(const std::string& path, const rocksdb::IOOptions& options,
                              std::shared_ptr<rocksdb::Logger>* into,
                              rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetFreeSpace(const std::string& path, const rocksdb::IOOptions& options,
                                 std::uint64_t* into, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus IsDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                bool* into, rocksdb::IODebugContext* debug) override;

private:
  struct waiting_fault {
    planned_fault fault;
    std::uint64_t seen = 0;
  };
  using act_function = std::function<rocksdb::IOStatus(std::uint64_t)>;

  [[nodiscard]] std::optional<file_fault> next_fault(file_call what, const std::string& file);
  [[nodiscard]] bool wait_at_gate();
  rocksdb::IOStatus act_now(const recorded_call& call, std::optional<file_fault> fault,
                            const act_function& act);
  [[nodiscard]] rocksdb::IOStatus opened_for_writing(
      const std::string& path, bool keep, std::unique_ptr<rocksdb::FSWritableFile>* into);
  rocksdb::IOStatus look(const std::string& path, const std::function<rocksdb::IOStatus()>& ask);

  mutable std::mutex mutex_;
  std::condition_variable gate_;
  std::unique_ptr<disk_model> model_;
  std::vector<waiting_fault> faults_;
  std::vector<recorded_call> calls_;
  std::optional<std::uint64_t> space_;
  witness witness_;
  std::size_t held_ = 0;
  std::uint64_t gate_openings_ = 0;
  bool power_cut_ = false;
};

/// An environment for RocksDB on such a file system.
[[nodiscard]] std::shared_ptr<rocksdb::Env> make_env(std::shared_ptr<faulty_file_system> on);

}  // namespace fsm::testing
