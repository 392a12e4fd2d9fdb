#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "models/file_descriptor.h"

// Included by this folder's sources only.
namespace parlance::models::python {

/// A file that is readable once something was raised, for poll(). Thread-safe.
class Event {
 public:
  enum class Kind : std::uint8_t {
    kStays,   // readable from the first raise() on, for good
    kCounts,  // readable once for each raise(): take() takes one
  };
  explicit Event(Kind kind = Kind::kStays)
      : file_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | (kind == Kind::kCounts ? EFD_SEMAPHORE : 0))) {}

  int fd() const { return file_.get(); }
  void raise() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(file_.get(), &one, sizeof one);
  }
  void take() const {
    std::uint64_t one = 0;
    [[maybe_unused]] const ssize_t size = read(file_.get(), &one, sizeof one);
  }

 private:
  const FileDescriptor file_;
};

}  // namespace parlance::models::python
