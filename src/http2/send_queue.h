#pragma once

#include <cstddef>
#include <cstdint>

#include "base/buffer.h"
#include "http2/header_field.h"

namespace parlance::http2 {

/// What waits to be sent on one stream, in order: data, and header sections behind them (trailers wait for
/// the data before them). An empty queue owns no memory.
class SendQueue {
 public:
  /// Adds what it holds to `total_bytes` and takes it off again; null: nobody counts.
  explicit SendQueue(std::size_t* total_bytes = nullptr) : total_bytes_(total_bytes) {}
  ~SendQueue() { clear(); }
  SendQueue(const SendQueue&) = delete;
  SendQueue& operator=(const SendQueue&) = delete;

  enum class Kind : std::uint8_t { kData, kHeaders };

  void push_data(Buffer data, bool end_stream);
  /// Copies the fields.
  void push_headers(HeaderFields fields, bool end_stream);

  bool empty() const { return first_ == nullptr; }
  std::size_t data_bytes() const { return data_bytes_; }
  /// The memory held. An item of which only a part was taken is held whole.
  std::size_t memory_bytes() const { return memory_bytes_; }
  Kind front_kind() const { return first_->kind; }
  /// Whether the front ends the stream.
  bool front_ends_stream() const { return first_->end_stream; }
  /// The front is a header section; views of the queue's memory, until pop().
  HeaderFields front_headers() const;
  /// Bytes that can go into one DATA frame: the data up to the next header section, the end or `limit_bytes`.
  std::size_t front_run_bytes(std::size_t limit_bytes) const;
  /// Takes up to `size_bytes` of the data at the front, never more than one item holds. An item that is used
  /// up is popped, and `ends_stream` says whether it was the last.
  Buffer take_data(std::size_t size_bytes, bool& ends_stream);
  void pop();
  void clear();

 private:
  struct Item {
    Item* next = nullptr;
    Kind kind;
    bool end_stream;
    std::uint32_t field_count;
    std::size_t memory_bytes;
    Buffer bytes;  // data, or fields followed by their strings
  };

  void push(Item* item);
  void count(std::size_t before_bytes, std::size_t after_bytes);
  static Item* make(Kind kind, bool end_stream, Buffer bytes, std::uint32_t field_count);

  Item* first_ = nullptr;
  Item* last_ = nullptr;
  std::size_t data_bytes_ = 0;
  std::size_t memory_bytes_ = 0;
  std::size_t* total_bytes_;
};

}  // namespace parlance::http2
