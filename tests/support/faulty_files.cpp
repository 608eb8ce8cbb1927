#include "faulty_files.hpp"

#include "faulty_file_system.hpp"

#include <functional>
#include <utility>

namespace fsm::testing {

using rocksdb::FSReadRequest;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

namespace {

class sequential_file final : public rocksdb::FSSequentialFileOwnerWrapper {
public:
  sequential_file(faulty_file_system& of, std::string path,
                  std::unique_ptr<rocksdb::FSSequentialFile> real)
      : FSSequentialFileOwnerWrapper{std::move(real)}, of_{of}, path_{std::move(path)} {}

  IOStatus Read(std::size_t n, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* debug) override {
    return of_.perform(file_call::read, path_, n, [&](std::uint64_t) {
      return target()->Read(n, options, result, scratch, debug);
    });
  }
  IOStatus PositionedRead(std::uint64_t offset, std::size_t n, const IOOptions& options,
                          Slice* result, char* scratch, IODebugContext* debug) override {
    return of_.perform(file_call::read, path_, n, [&](std::uint64_t) {
      return target()->PositionedRead(offset, n, options, result, scratch, debug);
    });
  }

private:
  faulty_file_system& of_;
  std::string path_;
};

class random_access_file final : public rocksdb::FSRandomAccessFileOwnerWrapper {
public:
  random_access_file(faulty_file_system& of, std::string path,
                     std::unique_ptr<rocksdb::FSRandomAccessFile> real)
      : FSRandomAccessFileOwnerWrapper{std::move(real)}, of_{of}, path_{std::move(path)} {}

  IOStatus Read(std::uint64_t offset, std::size_t n, const IOOptions& options, Slice* result,
                char* scratch, IODebugContext* debug) const override {
    return of_.perform(file_call::read, path_, n, [&](std::uint64_t) {
      return target()->Read(offset, n, options, result, scratch, debug);
    });
  }
  IOStatus MultiRead(FSReadRequest* requests, std::size_t count, const IOOptions& options,
                     IODebugContext* debug) override {
    const IOStatus status = of_.perform(file_call::read, path_, count, [&](std::uint64_t) {
      return target()->MultiRead(requests, count, options, debug);
    });
    for (std::size_t i = 0; i < count && !status.ok(); ++i) requests[i].status = status;
    return status;
  }
  // As who has no asynchronous reads: by a plain one.
  IOStatus ReadAsync(FSReadRequest& request, const IOOptions& options,
                     std::function<void(const FSReadRequest&, void*)> done, void* argument,
                     void** handle, rocksdb::IOHandleDeleter* deleter,
                     IODebugContext* debug) override {
    return FSRandomAccessFile::ReadAsync(request, options, std::move(done), argument, handle,
                                         deleter, debug);
  }

private:
  faulty_file_system& of_;
  std::string path_;
};

class writable_file final : public rocksdb::FSWritableFileOwnerWrapper {
public:
  writable_file(faulty_file_system& of, std::string path,
                std::unique_ptr<rocksdb::FSWritableFile> real, std::shared_ptr<disk_node> node)
      : FSWritableFileOwnerWrapper{std::move(real)},
        of_{of},
        path_{std::move(path)},
        node_{std::move(node)} {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    return of_.perform(file_call::write, path_, data.size(), [&](std::uint64_t allowed) {
      const IOStatus status = target()->Append(Slice{data.data(), allowed}, options, debug);
      if (status.ok()) disk_model::grew(*node_, node_->size + allowed);
      return status;
    });
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus PositionedAppend(const Slice& data, std::uint64_t offset, const IOOptions& options,
                            IODebugContext* debug) override {
    return of_.perform(file_call::write, path_, data.size(), [&](std::uint64_t allowed) {
      const IOStatus status =
          target()->PositionedAppend(Slice{data.data(), allowed}, offset, options, debug);
      if (status.ok()) disk_model::grew(*node_, offset + allowed);
      return status;
    });
  }
  IOStatus PositionedAppend(const Slice& data, std::uint64_t offset, const IOOptions& options,
                            const rocksdb::DataVerificationInfo&, IODebugContext* debug) override {
    return PositionedAppend(data, offset, options, debug);
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    return of_.perform(file_call::write, path_, 0, [&](std::uint64_t) {
      const IOStatus status = target()->Truncate(size, options, debug);
      if (status.ok()) disk_model::truncated(*node_, size);
      return status;
    });
  }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    const IOStatus closed = target()->Close(options, debug);  // Whatever comes of it.
    return of_.perform(file_call::close, path_, 0, [&](std::uint64_t) { return closed; });
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    return of_.perform(file_call::sync, path_, 0, [&](std::uint64_t) {
      disk_model::synced(*node_);
      return IOStatus::OK();
    });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }
  // It starts writing and promises nothing.
  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }
  // Space is given when it is written to.
  void PrepareWrite(std::size_t, std::size_t, const IOOptions&, IODebugContext*) override {}
  IOStatus Allocate(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

private:
  faulty_file_system& of_;
  std::string path_;
  std::shared_ptr<disk_node> node_;
};

class directory final : public rocksdb::FSDirectoryWrapper {
public:
  directory(faulty_file_system& of, std::string path, std::unique_ptr<rocksdb::FSDirectory> real)
      : FSDirectoryWrapper{std::move(real)}, of_{of}, path_{std::move(path)} {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return of_.perform(file_call::sync_directory, path_, 0, [&](std::uint64_t) {
      if (of_.model().covers(path_)) of_.model().synced_directory(path_);
      return IOStatus::OK();
    });
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

private:
  faulty_file_system& of_;
  std::string path_;
};

}  // namespace

std::unique_ptr<rocksdb::FSSequentialFile> wrap(faulty_file_system& of, std::string path,
                                                std::unique_ptr<rocksdb::FSSequentialFile> real) {
  return std::make_unique<sequential_file>(of, std::move(path), std::move(real));
}
std::unique_ptr<rocksdb::FSRandomAccessFile> wrap(
    faulty_file_system& of, std::string path, std::unique_ptr<rocksdb::FSRandomAccessFile> real) {
  return std::make_unique<random_access_file>(of, std::move(path), std::move(real));
}
std::unique_ptr<rocksdb::FSWritableFile> wrap(faulty_file_system& of, std::string path,
                                              std::unique_ptr<rocksdb::FSWritableFile> real,
                                              std::shared_ptr<disk_node> node) {
  return std::make_unique<writable_file>(of, std::move(path), std::move(real), std::move(node));
}
std::unique_ptr<rocksdb::FSDirectory> wrap(faulty_file_system& of, std::string path,
                                           std::unique_ptr<rocksdb::FSDirectory> real) {
  return std::make_unique<directory>(of, std::move(path), std::move(real));
}

}  // namespace fsm::testing
