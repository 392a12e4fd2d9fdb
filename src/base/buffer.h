#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/slab.h"

namespace parlance {

/// A shared, immutable run of bytes: copying and slicing count references, they never copy bytes.
///
/// Fill a fresh buffer through `writable()` before the first copy or slice of it is made; from then on the
/// bytes do not change. The count is atomic, so slices may be dropped on any thread. An empty buffer owns
/// nothing.
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer& other) noexcept : block_(other.block_), data_(other.data_), size_(other.size_) {
    if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  Buffer(Buffer&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer other) noexcept {
    std::swap(block_, other.block_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Buffer() { release(); }

  /// Uninitialised memory of `size_bytes`. Throws std::bad_alloc.
  static Buffer allocate(std::size_t size_bytes);
  static Buffer copy_of(Bytes bytes);
  /// Takes the string over without copying its bytes.
  static Buffer adopt(std::string text);

  const std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Bytes bytes() const { return {data_, size_}; }
  std::string_view text() const { return as_text(bytes()); }

  /// The memory that the whole run of bytes takes, whatever part of it this buffer shows and whoever shares
  /// it; 0 for an empty buffer.
  std::size_t memory_bytes() const;

  /// The same memory, to be filled; only while no copy or slice of this buffer exists (checked).
  MutableBytes writable();

  /// `offset + size` must lie within the buffer (checked).
  Buffer slice(std::size_t offset_bytes, std::size_t size_bytes) const;
  /// Drops the first `size_bytes` from view.
  void remove_prefix(std::size_t size_bytes);

 private:
  struct Block {
    std::atomic<std::uint32_t> references{1};
    std::size_t capacity_bytes = 0;  // behind the block; 0: it is a TextBlock
  };
  struct TextBlock : Block {
    std::string text;
  };

  void release() noexcept;
  static void destroy(Block* block) noexcept;
  static void destroy_text(Block* block) noexcept;
  std::size_t text_memory_bytes() const;

  Block* block_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// One allocation holds the block and, behind it, the bytes.
inline Buffer Buffer::allocate(std::size_t size_bytes) {
  Buffer buffer;
  if (size_bytes == 0) return buffer;
  auto* memory = static_cast<std::byte*>(Slab::allocate(sizeof(Block) + size_bytes));
  buffer.block_ = new (memory) Block;
  buffer.block_->capacity_bytes = size_bytes;
  buffer.data_ = memory + sizeof(Block);
  buffer.size_ = size_bytes;
  return buffer;
}

inline std::size_t Buffer::memory_bytes() const {
  if (block_ == nullptr) return 0;
  if (block_->capacity_bytes == 0) [[unlikely]]
    return text_memory_bytes();
  return Slab::taken_bytes(sizeof(Block) + block_->capacity_bytes);
}

inline void Buffer::destroy(Block* block) noexcept {
  if (block->capacity_bytes == 0) [[unlikely]]
    return destroy_text(block);
  Slab::deallocate(block, sizeof(Block) + block->capacity_bytes);
}

// Whoever has the only reference sees that without an atomic write.
inline void Buffer::release() noexcept {
  if (block_ == nullptr) return;
  if (block_->references.load(std::memory_order_acquire) == 1 ||
      block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    destroy(block_);
  }
}

}  // namespace parlance
