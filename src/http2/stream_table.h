#pragma once

#include <cstddef>
#include <vector>

#include "http2/stream_id.h"

namespace parlance::http2 {

struct Stream;

/// Open streams by id: flat, open addressing. Ids grow by two, so that they fill the table almost without
/// collisions. Does not own the streams.
class StreamTable {
 public:
  /// nullptr when there is none. Quick for the one that was found last: what is done with a stream comes in
  /// runs.
  Stream* find(StreamId id) const {
    if (found_.id == id) return found_.stream;
    return look_up(id);
  }
  /// `id` is not in the table yet.
  void insert(StreamId id, Stream& stream);
  /// `id` is in the table.
  void erase(StreamId id);

  std::size_t size() const { return size_; }
  /// A copy, in no order: what is done with the streams may open and close others.
  std::vector<Stream*> streams() const;

 private:
  struct Slot {
    StreamId id = 0;
    Stream* stream = nullptr;
  };

  static constexpr std::size_t kFirstSlots = 8;

  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t home_of(StreamId id) const { return (id >> 1) & mask(); }
  void place(Slot slot);
  void grow();

  Stream* look_up(StreamId id) const;

  std::vector<Slot> slots_;  // a power of two, at most half of them taken
  std::size_t size_ = 0;
  std::size_t displaced_ = 0;  // not in the slot that their id asks for
  mutable Slot found_;
};

}  // namespace parlance::http2
