#include "http2/send_path.h"

#include <algorithm>
#include <utility>

namespace parlance::http2 {
namespace {

// An END_STREAM without data, submitted by itself.
bool front_is_bare_end(const Stream& stream) {
  return !stream.queue.empty() && stream.queue.front_kind() == SendQueue::Kind::kData &&
         stream.queue.front_run_bytes(1) == 0;
}

}  // namespace

bool SendPath::may_write_headers(const Stream& stream) const {
  return stream.queue.empty() && output_.size_bytes() < kStalledOutputBytes;
}

bool SendPath::submit_headers(Stream& stream, HeaderFields fields, bool end_stream) {
  if (stream.closed || stream.end_queued) return false;
  stream.end_queued = end_stream;
  if (may_write_headers(stream)) {
    write_headers(stream.id, fields, end_stream);
    wrote_headers(stream, end_stream);
  } else {
    stream.queue.push_headers(fields, end_stream);
    reschedule(stream);
  }
  return true;
}

bool SendPath::submit_headers(Stream& stream, const FixedFields& fixed, HeaderFields more, bool end_stream) {
  if (stream.closed || stream.end_queued) return false;
  if (!may_write_headers(stream)) {
    std::vector<HeaderField> fields{fixed.fields().begin(), fixed.fields().end()};
    fields.insert(fields.end(), more.begin(), more.end());
    return submit_headers(stream, fields, end_stream);
  }
  stream.end_queued = end_stream;
  write_headers(stream.id, fixed, more, end_stream);
  wrote_headers(stream, end_stream);
  return true;
}

void SendPath::wrote_headers(Stream& stream, bool end_stream) {
  stream.end_sent = end_stream;
  close_if_done(stream);
}

bool SendPath::may_leave_at_once(const Stream& stream, std::size_t size_bytes) const {
  return stream.queue.empty() && output_.size_bytes() < most_output_bytes() &&
         size_bytes <= std::min(sendable_bytes(stream), SendScheduler::kTurnBytes);
}

std::byte* SendPath::place_data(Stream& stream, std::size_t size_bytes, bool end_stream) {
  if (stream.closed || stream.end_queued || !may_leave_at_once(stream, size_bytes)) return nullptr;
  charge(stream, static_cast<std::uint32_t>(size_bytes));
  std::byte* at = writer_.data(stream.id, static_cast<std::uint32_t>(size_bytes), end_stream);
  stream.end_queued = stream.end_sent = end_stream;
  close_if_done(stream);
  return at;
}

bool SendPath::submit_data(Stream& stream, Buffer data, bool end_stream) {
  if (stream.closed || stream.end_queued) return false;
  if (data.empty() && !end_stream) return true;
  stream.end_queued = end_stream;
  if (may_leave_at_once(stream, data.size())) {
    const auto size_bytes = static_cast<std::uint32_t>(data.size());
    charge(stream, size_bytes);
    writer_.data_header(stream.id, size_bytes, end_stream);
    output_.append(std::move(data));
    stream.end_sent = end_stream;
    close_if_done(stream);
  } else {
    stream.queue.push_data(std::move(data), end_stream);
    if (stream.queue.data_bytes() > limits_.send_low_water_bytes) stream.above_low_water = true;
    reschedule(stream);
  }
  return true;
}

void SendPath::write_headers(StreamId stream, HeaderFields fields, bool end_stream) {
  block_.resize(kFrameHeaderBytes);
  encoder_.encode(fields, block_);
  write_block(stream, end_stream);
}

void SendPath::write_headers(StreamId stream, const FixedFields& fixed, HeaderFields more, bool end_stream) {
  block_.resize(kFrameHeaderBytes);
  encoder_.encode(fixed, more, block_);
  write_block(stream, end_stream);
}

void SendPath::write_block(StreamId stream, bool end_stream) {
  writer_.headers(stream, block_, end_stream);
  abuse_.headers_sent();
  ++payload_frames_;
}

std::uint32_t SendPath::sendable_bytes(const Stream& stream) const {
  return std::min(stream.send_window.available_bytes(), window_.available_bytes());
}

bool SendPath::adjust_window(Stream& stream, std::int64_t delta_bytes) {
  if (!stream.send_window.adjust(delta_bytes)) return false;
  if (delta_bytes > 0 && !stream.queue.empty()) reschedule(stream);
  return true;
}

bool SendPath::adjust_connection_window(std::int64_t delta_bytes) {
  if (!window_.adjust(delta_bytes)) return false;
  if (window_.available_bytes() > 0) scheduler_.connection_window_opened();
  return true;
}

void SendPath::close_if_done(Stream& stream) {
  if (stream.closed || !stream.end_sent) return;
  if (stream.received_end()) {
    drop(stream);
    streams_.close(stream, StreamEnd{});
  } else if (streams_.role() == Role::kServer) {
    writer_.rst_stream(stream.id, ErrorCode::kNoError);
    drop(stream);
    streams_.close(stream, {.by = EndedBy::kLocal, .code = ErrorCode::kNoError, .reason = {}});
  }
}

// Puts the stream into the list that fits: headers and a bare END_STREAM need no window, data need both.
void SendPath::reschedule(Stream& stream) {
  if (stream.closed || stream.queue.empty()) return;
  if (stream.queue.front_kind() == SendQueue::Kind::kHeaders || front_is_bare_end(stream)) {
    return scheduler_.add(stream);
  }
  if (stream.send_window.available_bytes() == 0) return;
  if (window_.available_bytes() == 0) return scheduler_.add_blocked(stream);
  scheduler_.add(stream);
}

void SendPath::fill() {
  while (output_.size_bytes() < output_target_bytes_) {
    Stream* stream = scheduler_.take_next();
    if (stream == nullptr) return;
    turn(*stream);
  }
}

void SendPath::turn(Stream& stream) {
  std::uint32_t budget_bytes = SendScheduler::kTurnBytes;
  while (!stream.queue.empty() && budget_bytes > 0) {
    if (stream.queue.front_kind() == SendQueue::Kind::kHeaders) {
      send_queued_headers(stream);
    } else if (!send_data_frame(stream, budget_bytes)) {
      break;
    }
  }
  reschedule(stream);
  tell_when_low(stream);
  close_if_done(stream);
}

void SendPath::send_queued_headers(Stream& stream) {
  stream.end_sent = stream.queue.front_ends_stream();
  write_headers(stream.id, stream.queue.front_headers(), stream.end_sent);
  stream.queue.pop();
}

// One DATA frame of whatever was queued in a row, however small its pieces.
bool SendPath::send_data_frame(Stream& stream, std::uint32_t& budget_bytes) {
  const std::uint32_t most_bytes = std::min(budget_bytes, sendable_bytes(stream));
  if (most_bytes == 0 && !front_is_bare_end(stream)) return false;
  const auto size_bytes = static_cast<std::uint32_t>(stream.queue.front_run_bytes(most_bytes));
  std::byte* header = output_.append(kFrameHeaderBytes);
  std::size_t left_bytes = size_bytes;
  do {
    const std::size_t held_bytes = stream.queue.memory_bytes();
    Buffer piece = stream.queue.take_data(left_bytes, stream.end_sent);
    left_bytes -= piece.size();
    // A part of an item stays counted with the item; the last one takes the count along.
    output_.append(std::move(piece), held_bytes - stream.queue.memory_bytes());
  } while (left_bytes > 0 || front_is_bare_end(stream));
  const std::uint8_t flag = stream.end_sent ? flags::kEndStream : std::uint8_t{0};
  store_frame_header(header,
                     {.length = size_bytes, .type = FrameType::kData, .flags = flag, .stream = stream.id});
  charge(stream, size_bytes);
  budget_bytes -= size_bytes;
  return true;
}

void SendPath::charge(Stream& stream, std::uint32_t size_bytes) {
  stream.send_window.spend(size_bytes);
  window_.spend(size_bytes);
  abuse_.data_sent(size_bytes);
  ++payload_frames_;
}

void SendPath::tell_when_low(Stream& stream) {
  const bool low = stream.above_low_water && stream.queue.data_bytes() <= limits_.send_low_water_bytes;
  const bool empty = stream.tell_when_empty && stream.queue.data_bytes() == 0;
  if (!low && !empty) return;
  stream.above_low_water = stream.tell_when_empty = false;
  if (stream.observer != nullptr) stream.observer->on_send_ready();
}

}  // namespace parlance::http2
