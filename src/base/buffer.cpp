#include "base/buffer.h"

#include <new>

#include "base/assert.h"
#include "base/slab.h"

namespace parlance {

// One allocation holds the block and, behind it, the bytes.
Buffer Buffer::allocate(std::size_t size_bytes) {
  Buffer buffer;
  if (size_bytes == 0) return buffer;
  auto* memory = static_cast<std::byte*>(Slab::allocate(sizeof(Block) + size_bytes));
  buffer.block_ = new (memory) Block;
  buffer.block_->capacity_bytes = size_bytes;
  buffer.data_ = memory + sizeof(Block);
  buffer.size_ = size_bytes;
  return buffer;
}

Buffer Buffer::copy_of(Bytes bytes) {
  Buffer buffer = allocate(bytes.size());
  if (!bytes.empty()) std::memcpy(buffer.data_, bytes.data(), bytes.size());
  return buffer;
}

Buffer Buffer::adopt(std::string text) {
  Buffer buffer;
  if (text.empty()) return buffer;
  buffer.block_ = new (Slab::allocate(sizeof(Block))) Block;
  buffer.block_->text = std::move(text);
  buffer.data_ = reinterpret_cast<std::byte*>(buffer.block_->text.data());
  buffer.size_ = buffer.block_->text.size();
  return buffer;
}

std::size_t Buffer::memory_bytes() const {
  if (block_ == nullptr) return 0;
  return Slab::taken_bytes(sizeof(Block) + block_->capacity_bytes) + block_->text.capacity();
}

MutableBytes Buffer::writable() {
  require(block_ == nullptr || block_->references.load(std::memory_order_acquire) == 1,
          "Buffer::writable: the bytes are shared");
  return {data_, size_};
}

Buffer Buffer::slice(std::size_t offset_bytes, std::size_t size_bytes) const {
  require(offset_bytes <= size_ && size_bytes <= size_ - offset_bytes, "Buffer::slice: out of range");
  if (size_bytes == 0) return {};
  Buffer part{*this};
  part.data_ += offset_bytes;
  part.size_ = size_bytes;
  return part;
}

void Buffer::remove_prefix(std::size_t size_bytes) {
  require(size_bytes <= size_, "Buffer::remove_prefix: out of range");
  data_ += size_bytes;
  size_ -= size_bytes;
}

void Buffer::destroy(Block* block) noexcept {
  const std::size_t size_bytes = sizeof(Block) + block->capacity_bytes;
  block->~Block();
  Slab::deallocate(block, size_bytes);
}

}  // namespace parlance
