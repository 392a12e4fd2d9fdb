#pragma once

#include "http2/stream.h"

namespace parlance::http2 {

/// Whose turn it is to send: round robin between the streams that have something to send and a window for
/// it. Streams that wait for the connection's window stand aside until it opens; streams that wait for their
/// own are in no list.
class SendScheduler {
 public:
  /// The most one stream sends a turn, so that a large message does not hold up the others for long.
  static constexpr std::uint32_t kTurnBytes = 16 * 1024;

  /// The stream can send (as far as its own window goes). No effect when it is in a list already.
  void add(Stream& stream) {
    if (stream.place == Stream::Place::kNone) put(stream, Stream::Place::kReady, ready_);
  }
  /// The stream could send but for the connection's window.
  void add_blocked(Stream& stream) {
    if (stream.place == Stream::Place::kNone) put(stream, Stream::Place::kBlockedOnConnection, blocked_);
  }
  void connection_window_opened();
  void remove(Stream& stream);

  bool empty() const { return ready_.empty(); }
  /// Takes out the stream whose turn it is; nullptr when there is none.
  Stream* take_next();

 private:
  static void put(Stream& stream, Stream::Place place, StreamList& list) {
    stream.place = place;
    list.push_back(stream);
  }

  StreamList ready_;
  StreamList blocked_;
};

}  // namespace parlance::http2
