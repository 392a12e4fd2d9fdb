#include "models/backends/python/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/concat.h"
#include "grpc/error_details.h"

namespace parlance::models::python {
namespace {

// Growing in larger steps spares a mapping for each batch that is a little larger than those before.
constexpr std::size_t kStepBytes = std::size_t{1} << 20U;

Status no_memory(const char* what) {
  return grpc::make_error(StatusCode::kResourceExhausted, "INFERENCE_OUT_OF_MEMORY",
                          concat("Insufficient memory for inference: ", what, ": ", std::strerror(errno)),
                          {{"hop", "server"}});
}

}  // namespace

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : fd_(std::move(other.fd_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

SharedMemory::~SharedMemory() {
  if (data_ != nullptr) munmap(data_, size_);
}

Result<SharedMemory> SharedMemory::make() {
  FileDescriptor fd{memfd_create("parlance-tensors", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  if (fd.get() < 0 || fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
    return std::unexpected{no_memory("memfd_create")};
  SharedMemory memory{std::move(fd)};
  if (Result<MutableBytes> first = memory.reserve(1); !first) return std::unexpected{first.error()};
  return memory;
}

Status SharedMemory::map(std::size_t size_bytes) {
  void* const mapped = data_ == nullptr
                           ? mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0)
                           : mremap(data_, size_, size_bytes, MREMAP_MAYMOVE);
  if (mapped == MAP_FAILED) return no_memory("mmap");
  data_ = static_cast<std::byte*>(mapped);
  size_ = size_bytes;
  return {};
}

Result<MutableBytes> SharedMemory::reserve(std::size_t size_bytes) {
  if (size_bytes > size_) {
    const std::size_t grown = (size_bytes + kStepBytes - 1) / kStepBytes * kStepBytes;
    if (grown < size_bytes || ftruncate(fd_.get(), static_cast<off_t>(grown)) != 0)
      return std::unexpected{no_memory("ftruncate")};
    if (Status status = map(grown); !status.ok()) return std::unexpected{std::move(status)};
  }
  return MutableBytes{data_, size_};
}

Result<Bytes> SharedMemory::contents(std::size_t most) {
  struct stat now{};
  if (fstat(fd_.get(), &now) != 0) return std::unexpected{no_memory("fstat")};
  const std::size_t wanted = std::min(static_cast<std::size_t>(now.st_size), most);
  if (wanted > size_)
    if (Status status = map(wanted); !status.ok()) return std::unexpected{std::move(status)};
  return Bytes{data_, std::min(size_, wanted)};
}

}  // namespace parlance::models::python
