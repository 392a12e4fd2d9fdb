#pragma once

#include <cstddef>
#include <cstdint>

#include "http2/closed_streams.h"
#include "http2/observer.h"
#include "http2/role.h"
#include "http2/stream.h"
#include "http2/stream_table.h"

namespace parlance::http2 {

/// All streams of a connection: those that are open, those whose end was not told to their observer yet, and
/// what has to be remembered of the rest. Owns the Stream records.
///
/// A closed stream leaves the table at once and its memory at the next settle(), so that a Stream& that is
/// held across a callback stays valid: look at `closed` afterwards.
class StreamSet {
 public:
  StreamSet(Role role, ConnectionObserver& observer) : role_(role), observer_(observer) {}
  ~StreamSet();
  StreamSet(const StreamSet&) = delete;
  StreamSet& operator=(const StreamSet&) = delete;

  Role role() const { return role_; }
  Stream* find(StreamId id) const { return table_.find(id); }
  std::size_t open_count() const { return table_.size(); }
  /// The memory that all streams' queues hold.
  std::size_t queued_memory_bytes() const { return queued_memory_bytes_; }
  /// A copy: what is done with the streams may close others of them (see `closed`).
  std::vector<Stream*> all() const { return table_.streams(); }

  /// A stream of the peer or of ours; its id was noted or taken before.
  Stream& open(StreamId id, std::uint32_t send_window_bytes, std::uint32_t receive_window_bytes);

  /// Client: the next id for a stream of ours, and whether there is one.
  StreamId take_id();
  bool has_ids() const { return next_id_ <= kMaxStreamId; }
  /// The peer used this id to open a stream, whether it comes to be or is refused.
  void note_peer_id(StreamId id) { last_peer_id_ = id; }
  StreamId last_peer_id() const { return last_peer_id_; }
  bool is_new_peer_id(StreamId id) const { return !is_ours(id) && id > last_peer_id_; }
  /// Neither side has ever used this id (RFC 9113 section 5.1, "idle").
  bool is_idle(StreamId id) const;

  /// For an id that is not idle and not open: who reset it; kNobody when it ended properly.
  EndedBy ended_by(StreamId id) const { return closed_.ended_by(id); }
  /// A stream that never came to be was refused with RST_STREAM.
  void remember_refused(StreamId id) { closed_.remember_reset(id, EndedBy::kLocal); }

  /// Takes the stream out of the table; on_closed comes with the next settle(). The stream is in no list.
  void close(Stream& stream, const StreamEnd& end);
  /// The same, and tells the observer before it returns.
  void close_and_tell(Stream& stream, const StreamEnd& end);
  /// Calls the on_closed that are due and frees what is closed. Not from within a callback.
  void settle() {
    if (!unsettled_.empty()) settle_all();
  }

 private:
  bool is_ours(StreamId id) const { return is_client_stream(id) == (role_ == Role::kClient); }
  void tell(Stream& stream);
  void settle_all();

  Role role_;
  ConnectionObserver& observer_;
  std::size_t queued_memory_bytes_ = 0;
  StreamTable table_;
  ClosedStreams closed_;
  StreamList unsettled_;
  StreamId next_id_ = 1;
  StreamId last_peer_id_ = 0;
};

}  // namespace parlance::http2
