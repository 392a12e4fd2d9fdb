#pragma once

#include <cstdint>

#include "http2/observer.h"
#include "http2/receive_window.h"
#include "http2/send_queue.h"
#include "http2/send_window.h"
#include "http2/stream_id.h"

namespace parlance::http2 {

/// One open or half-closed stream (RFC 9113 section 5.1). A plain record: StreamSet opens and closes it,
/// SendPath and the frame handlers move it along.
struct Stream {
  /// What the peer may send next (RFC 9113 section 8.1).
  enum class Receiving : std::uint8_t {
    kResponse,  // client: the response's header section, or an informational one
    kBody,      // data, or trailers
    kEnded,     // END_STREAM came: half-closed (remote)
  };
  enum class Place : std::uint8_t { kNone, kReady, kBlockedOnConnection, kClosed };

  static constexpr std::uint64_t kNoLength = UINT64_MAX;

  Stream(StreamId stream_id, std::uint32_t send_window_bytes, std::uint32_t receive_window_bytes,
         std::size_t* queued_memory_bytes = nullptr)
      : id(stream_id),
        send_window(send_window_bytes),
        receive_window(receive_window_bytes),
        queue(queued_memory_bytes) {}

  const StreamId id;
  Receiving receiving = Receiving::kBody;
  bool end_queued = false;       // nothing more may be submitted
  bool end_sent = false;         // END_STREAM is in the output: half-closed (local)
  bool head_request = false;     // client: the response has no body whatever its content-length says
  bool above_low_water = false;  // on_send_ready is owed
  bool tell_when_empty = false;  // on_send_ready is owed when the queue is empty
  bool closed = false;           // gone from the table; memory and observer may still be there
  bool close_notified = false;   // on_closed was called, or there is nobody to call
  Place place = Place::kNone;    // the list that `next` and `previous` belong to
  StreamObserver* observer = nullptr;
  SendWindow send_window;
  ReceiveWindow receive_window;
  SendQueue queue;
  std::uint64_t expected_bytes = kNoLength;  // content-length of what is received
  std::uint64_t received_bytes = 0;
  StreamEnd end;  // once closed and until on_closed was called
  Stream* next = nullptr;
  Stream* previous = nullptr;

  bool received_end() const { return receiving == Receiving::kEnded; }
};

// A thousand streams a connection must stay cheap.
static_assert(sizeof(Stream) <= 256);

/// A list through Stream::next and previous; a stream is in at most one.
class StreamList {
 public:
  bool empty() const { return first_ == nullptr; }
  Stream* front() const { return first_; }
  void push_back(Stream& stream);
  void remove(Stream& stream);
  Stream* pop_front();

 private:
  Stream* first_ = nullptr;
  Stream* last_ = nullptr;
};

}  // namespace parlance::http2
