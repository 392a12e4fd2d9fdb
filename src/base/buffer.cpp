#include "base/buffer.h"

#include "base/assert.h"

namespace parlance {

Buffer Buffer::copy_of(Bytes bytes) {
  Buffer buffer = allocate(bytes.size());
  if (!bytes.empty()) std::memcpy(buffer.data_, bytes.data(), bytes.size());
  return buffer;
}

Buffer Buffer::adopt(std::string text) {
  Buffer buffer;
  if (text.empty()) return buffer;
  auto* block = new (Slab::allocate(sizeof(TextBlock))) TextBlock;
  block->text = std::move(text);
  buffer.block_ = block;
  buffer.data_ = reinterpret_cast<std::byte*>(block->text.data());
  buffer.size_ = block->text.size();
  return buffer;
}

std::size_t Buffer::text_memory_bytes() const {
  return Slab::taken_bytes(sizeof(TextBlock)) + static_cast<const TextBlock*>(block_)->text.capacity();
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

void Buffer::destroy_text(Block* block) noexcept {
  auto* text = static_cast<TextBlock*>(block);
  text->~TextBlock();
  Slab::deallocate(text, sizeof(TextBlock));
}

}  // namespace parlance
