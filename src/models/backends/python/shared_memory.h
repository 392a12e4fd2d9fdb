#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/status.h"
#include "models/file_descriptor.h"

namespace parlance::models::python {

/// Memory that is shared with a worker, behind a file descriptor. Either side may make it larger, none
/// smaller (it is sealed): reading what was there once is always safe. For one thread at a time.
class SharedMemory {
 public:
  /// RESOURCE_EXHAUSTED when there is none to be had.
  static Result<SharedMemory> make();
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&&) = delete;
  ~SharedMemory();

  int fd() const { return fd_.get(); }
  std::size_t size() const { return size_; }

  /// At least `size_bytes` of it, to be written. RESOURCE_EXHAUSTED when there is not that much.
  Result<MutableBytes> reserve(std::size_t size_bytes);
  /// All there is now, as the other side left it, but no more than `most`.
  Result<Bytes> contents(std::size_t most);

 private:
  explicit SharedMemory(FileDescriptor fd) : fd_(std::move(fd)) {}
  Status map(std::size_t size_bytes);

  FileDescriptor fd_;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace parlance::models::python
