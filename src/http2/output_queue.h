#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <sys/uio.h>

#include "base/buffer.h"
#include "base/bytes.h"

namespace parlance::http2 {

/// The bytes that are to be written, in order. Small pieces are copied into blocks that are filled one after
/// the other, large ones are chained by reference, so that one gather gives few, large parts and a message
/// is not copied. An empty queue holds no block.
class OutputQueue {
 public:
  /// From this size on a Buffer is chained instead of copied: below, a copy is cheaper than one more iovec.
  static constexpr std::size_t kChainFromBytes = 1024;
  static constexpr std::size_t kBlockBytes = 16 * 1024;

  OutputQueue() = default;
  ~OutputQueue();
  OutputQueue(const OutputQueue&) = delete;
  OutputQueue& operator=(const OutputQueue&) = delete;

  /// `size_bytes` (1 to kBlockBytes) of contiguous memory at the end of the queue, to be filled at once.
  std::byte* append(std::size_t size_bytes) {
    const bool extends = extends_ && kBlockBytes - block_used_ >= size_bytes && size_bytes > 0;
    if (!extends) [[unlikely]]
      return append_part(size_bytes);
    parts_.back().size_bytes += size_bytes;
    return use(size_bytes);
  }
  /// The same for a frame that answers the peer: counted in control_bytes() until it is written.
  std::byte* append_control(std::size_t size_bytes);
  void append_copy(Bytes bytes);
  void append(Buffer data) {
    const std::size_t memory_bytes = data.memory_bytes();
    append(std::move(data), memory_bytes);
  }
  /// `memory_bytes` is what counts for the buffer, when it is chained, until it is written.
  void append(Buffer data, std::size_t memory_bytes);

  bool empty() const { return size_bytes_ == 0; }
  std::size_t size_bytes() const { return size_bytes_; }
  /// The memory held: whole blocks, and what append() was told of chained buffers.
  std::size_t memory_bytes() const { return memory_bytes_; }
  /// Bytes of answers not yet written. Exact when the queue is empty; otherwise those that share a block with
  /// what is still to be written may count as well.
  std::size_t control_bytes() const { return control_bytes_; }

  /// Fills `parts` from the front of the queue; returns how many. The memory holds until wrote().
  std::size_t gather(std::span<iovec> parts) const;
  /// Drops the first `size_bytes`; at most size_bytes() (checked).
  void wrote(std::size_t size_bytes);

 private:
  struct Part {
    const std::byte* data = nullptr;
    std::size_t size_bytes = 0;
    std::size_t control_bytes = 0;
    std::size_t memory_bytes = 0;
    std::byte* block = nullptr;  // to be freed with this part: the last one of its block
    Buffer chained = {};
  };

  std::byte* append_part(std::size_t size_bytes);
  std::byte* use(std::size_t size_bytes) {
    std::byte* at = block_ + block_used_;
    block_used_ += size_bytes;
    size_bytes_ += size_bytes;
    return at;
  }
  void open_block();
  void free_block(std::byte* block);
  void drop_front();
  void compact();

  std::vector<Part> parts_;
  std::size_t front_ = 0;  // of parts_
  std::byte* block_ = nullptr;
  std::size_t block_used_ = 0;
  bool extends_ = false;  // the last part ends where the block is filled up to
  std::size_t size_bytes_ = 0;
  std::size_t control_bytes_ = 0;
  std::size_t memory_bytes_ = 0;
};

}  // namespace parlance::http2
