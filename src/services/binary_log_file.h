#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/status.h"

namespace parlance::services {

struct BinaryLogFileOptions {
  /// Entries that wait for the disk; what comes when they are this many bytes is dropped and counted.
  std::size_t max_queued_bytes = 16 * 1024 * 1024;
};

/// A file of log entries, each behind its length in four bytes, the highest first: what grpc-go's file sinks
/// write and its readers expect. Written by a thread of its own, so that no call waits for the disk.
class BinaryLogFile {
 public:
  /// Appends to `path`, which is made for its owner's eyes only (0600) when there is none. INVALID_ARGUMENT
  /// when it cannot be opened.
  static Result<std::shared_ptr<BinaryLogFile>> open(const std::string& path,
                                                     BinaryLogFileOptions options = {});
  /// Writes what waits.
  ~BinaryLogFile();
  BinaryLogFile(const BinaryLogFile&) = delete;
  BinaryLogFile& operator=(const BinaryLogFile&) = delete;

  /// One serialized grpc.binarylog.v1.GrpcLogEntry. From any thread.
  void write(const std::string& entry);
  /// Blocks until all that came before is written. Never on a loop's thread.
  void flush();
  /// Entries that are not in the file: too many waited, or a write failed (the disk is full), after which
  /// nothing is written any more.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  BinaryLogFile(int file, BinaryLogFileOptions options);
  void write_queue();
  bool write_all(const std::string& bytes) const;

  const int file_;
  const BinaryLogFileOptions options_;
  std::atomic<std::uint64_t> dropped_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string queue_;               // guarded by mutex_
  std::uint64_t queued_count_ = 0;  // entries in queue_
  bool writing_ = false;            // guarded by mutex_
  bool ending_ = false;             // guarded by mutex_
  bool broken_ = false;             // guarded by mutex_
  std::thread thread_;
};

}  // namespace parlance::services
