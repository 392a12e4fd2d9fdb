#include "http2/output_queue.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/slab.h"

namespace parlance::http2 {

OutputQueue::~OutputQueue() {
  while (front_ < parts_.size()) drop_front();
  Slab::deallocate(block_, kBlockBytes);
}

std::byte* OutputQueue::append_part(std::size_t size_bytes) {
  require(size_bytes > 0 && size_bytes <= kBlockBytes, "OutputQueue::append: size out of range");
  if (block_ == nullptr || kBlockBytes - block_used_ < size_bytes) open_block();
  parts_.push_back({.data = block_ + block_used_, .size_bytes = size_bytes});
  extends_ = true;
  return use(size_bytes);
}

std::byte* OutputQueue::append_control(std::size_t size_bytes) {
  std::byte* at = append(size_bytes);
  parts_.back().control_bytes += size_bytes;
  control_bytes_ += size_bytes;
  return at;
}

void OutputQueue::append_copy(Bytes bytes) {
  while (!bytes.empty()) {
    const std::size_t room = block_ == nullptr ? kBlockBytes : kBlockBytes - block_used_;
    const std::size_t size_bytes = std::min(bytes.size(), room == 0 ? kBlockBytes : room);
    std::memcpy(append(size_bytes), bytes.data(), size_bytes);
    bytes = bytes.subspan(size_bytes);
  }
}

void OutputQueue::append(Buffer data, std::size_t memory_bytes) {
  if (data.size() < kChainFromBytes) return append_copy(data.bytes());
  size_bytes_ += data.size();
  memory_bytes_ += memory_bytes;
  Part part{.data = data.data(), .size_bytes = data.size(), .memory_bytes = memory_bytes};
  part.chained = std::move(data);
  parts_.push_back(std::move(part));
  extends_ = false;
}

std::size_t OutputQueue::gather(std::span<iovec> parts) const {
  const std::size_t count = std::min(parts.size(), parts_.size() - front_);
  for (std::size_t i = 0; i < count; ++i) {
    const Part& part = parts_[front_ + i];
    parts[i] = {const_cast<std::byte*>(part.data), part.size_bytes};
  }
  return count;
}

void OutputQueue::wrote(std::size_t size_bytes) {
  require(size_bytes <= size_bytes_, "OutputQueue::wrote: more than there is");
  size_bytes_ -= size_bytes;
  while (size_bytes > 0) {
    Part& part = parts_[front_];
    if (size_bytes < part.size_bytes) {
      part.data += size_bytes;
      part.size_bytes -= size_bytes;
      break;
    }
    size_bytes -= part.size_bytes;
    drop_front();
  }
  compact();
}

// The block being filled belongs to the queue; a full one is handed to the last part that lies in it, which
// is written after all others of that block.
void OutputQueue::open_block() {
  if (block_ != nullptr) {
    Part* owner = front_ < parts_.size() ? &parts_.back() : nullptr;
    if (owner != nullptr && owner->block == nullptr) {
      owner->block = block_;
    } else {
      parts_.push_back({.block = block_});
    }
  }
  block_ = static_cast<std::byte*>(Slab::allocate(kBlockBytes));
  memory_bytes_ += kBlockBytes;
  block_used_ = 0;
}

void OutputQueue::free_block(std::byte* block) {
  if (block != nullptr) memory_bytes_ -= kBlockBytes;
  Slab::deallocate(block, kBlockBytes);
}

void OutputQueue::drop_front() {
  Part& part = parts_[front_++];
  control_bytes_ -= part.control_bytes;
  memory_bytes_ -= part.memory_bytes;
  free_block(part.block);
  part.chained = Buffer{};
}

void OutputQueue::compact() {
  if (size_bytes_ == 0) {
    while (front_ < parts_.size()) drop_front();
    parts_.clear();
    front_ = 0;
    extends_ = false;
    free_block(std::exchange(block_, nullptr));
  } else if (front_ >= 64 && front_ * 2 >= parts_.size()) {
    parts_.erase(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(front_));
    front_ = 0;
  }
}

}  // namespace parlance::http2
