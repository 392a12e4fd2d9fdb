#include "http2/stream_set.h"

#include <new>

#include "base/assert.h"
#include "base/slab.h"

namespace parlance::http2 {
namespace {

void destroy(Stream& stream) {
  stream.~Stream();
  Slab::deallocate(&stream, sizeof(Stream));
}

}  // namespace

StreamSet::~StreamSet() {
  for (Stream* stream : table_.streams()) destroy(*stream);
  while (Stream* stream = unsettled_.pop_front()) destroy(*stream);
}

Stream& StreamSet::open(StreamId id, std::uint32_t send_window_bytes, std::uint32_t receive_window_bytes) {
  auto* stream = new (Slab::allocate(sizeof(Stream)))
      Stream(id, send_window_bytes, receive_window_bytes, &queued_memory_bytes_);
  table_.insert(id, *stream);
  return *stream;
}

StreamId StreamSet::take_id() {
  const StreamId id = next_id_;
  next_id_ += 2;
  return id;
}

bool StreamSet::is_idle(StreamId id) const {
  if (is_ours(id)) return role_ == Role::kServer || id >= next_id_;
  return id > last_peer_id_;
}

void StreamSet::close(Stream& stream, const StreamEnd& end) {
  require(!stream.closed && stream.place == Stream::Place::kNone, "StreamSet::close: stream in use");
  table_.erase(stream.id);
  if (end.by != EndedBy::kNobody) closed_.remember_reset(stream.id, end.by);
  stream.closed = true;
  stream.place = Stream::Place::kClosed;
  stream.end = end;
  stream.queue.clear();
  unsettled_.push_back(stream);
}

void StreamSet::close_and_tell(Stream& stream, const StreamEnd& end) {
  close(stream, end);
  if (stream.observer != nullptr) return tell(stream);
  // The stream is being opened: on_request has not said yet who follows it. The reason may not live so long.
  stream.end.reason = {};
}

void StreamSet::tell(Stream& stream) {
  stream.close_notified = true;
  if (stream.observer != nullptr) stream.observer->on_closed(stream.end);
  observer_.on_stream_count(open_count());
}

void StreamSet::settle_all() {
  while (Stream* stream = unsettled_.pop_front()) {
    if (!stream->close_notified) tell(*stream);
    destroy(*stream);
  }
}

}  // namespace parlance::http2
