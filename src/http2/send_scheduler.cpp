#include "http2/send_scheduler.h"

namespace parlance::http2 {

void SendScheduler::connection_window_opened() {
  while (Stream* stream = blocked_.pop_front()) put(*stream, Stream::Place::kReady, ready_);
}

void SendScheduler::remove(Stream& stream) {
  if (stream.place == Stream::Place::kReady) ready_.remove(stream);
  if (stream.place == Stream::Place::kBlockedOnConnection) blocked_.remove(stream);
  if (stream.place != Stream::Place::kClosed) stream.place = Stream::Place::kNone;
}

Stream* SendScheduler::take_next() {
  Stream* stream = ready_.pop_front();
  if (stream != nullptr) stream->place = Stream::Place::kNone;
  return stream;
}

}  // namespace parlance::http2
