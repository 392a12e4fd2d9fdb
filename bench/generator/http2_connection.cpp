#include "http2_connection.h"

#include <algorithm>
#include <cstring>

namespace bench {
namespace {

enum FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kRstStream = 3,
  kSettings = 4,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};
constexpr std::uint8_t kEndStream = 0x1;
constexpr std::uint8_t kAck = 0x1;
constexpr std::uint8_t kEndHeaders = 0x4;
constexpr std::uint8_t kPadded = 0x8;
constexpr std::uint8_t kPriority = 0x20;
constexpr std::size_t kFrameHeaderBytes = 9;

enum Setting : std::uint16_t {
  kHeaderTableSize = 1,
  kEnablePush = 2,
  kInitialWindowSize = 4,
  kMaxFrameSize = 5
};
constexpr std::uint32_t kWidestWindow = 0x7fffffff;
// Given back long before the server has used it up.
constexpr std::uint32_t kWindowStep = 1U << 29;

std::string be16(std::uint32_t value) { return {static_cast<char>(value >> 8), static_cast<char>(value)}; }
std::string be32(std::uint32_t value) { return be16(value >> 16) + be16(value & 0xffff); }

std::uint32_t load_be(std::span<const std::byte> bytes) {
  std::uint32_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint32_t>(byte);
  return value;
}

std::string setting(Setting which, std::uint32_t value) { return be16(which) + be32(value); }

std::string framed_request(const Plan& plan) {
  const std::string message = request_message(plan);
  return std::string(1, '\0') + be32(static_cast<std::uint32_t>(message.size())) + message;
}

std::string path(Method method) {
  constexpr std::string_view kNames[] = {"Predict", "BatchPredict", "Generate", "StreamingPredict"};
  return "/inference.InferenceService/" + std::string{kNames[static_cast<std::size_t>(method)]};
}

// HPACK (RFC 7541): a literal with incremental indexing, its name from the static table or (0) spelled.
std::string literal(std::uint8_t name_index, std::string_view name, std::string_view value) {
  std::string out(1, static_cast<char>(0x40 | name_index));
  if (name_index == 0) out += static_cast<char>(name.size()) + std::string{name};
  return out + static_cast<char>(value.size()) + std::string{value};
}

constexpr std::uint8_t kPostIndexed = 0x83;
constexpr int kLiterals = 5;

std::string pseudo_headers(const Plan& plan) {
  return {static_cast<char>(kPostIndexed), static_cast<char>(plan.tls ? 0x87 : 0x86)};
}

std::string make_first_headers(const Plan& plan) {
  return pseudo_headers(plan) + literal(4, ":path", path(plan.method)) +
         literal(1, ":authority", "localhost") + literal(31, "content-type", "application/grpc") +
         literal(58, "user-agent", "parlance-bench") + literal(0, "te", "trailers");
}

// The fields of the first block by their place in the dynamic table, which begins at 62 with the newest.
std::string make_next_headers(const Plan& plan) {
  std::string block = pseudo_headers(plan);
  for (int i = kLiterals - 1; i >= 0; --i) block += static_cast<char>(0x80 | (62 + i));
  return block;
}

}  // namespace

Http2Connection::Http2Connection(Socket socket, User& user, const Plan& plan)
    : Connection(std::move(socket), user),
      request_(framed_request(plan)),
      first_headers_(make_first_headers(plan)),
      next_headers_(make_next_headers(plan)) {
  put("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  put_frame(kSettings, 0, 0, setting(kEnablePush, 0) + setting(kInitialWindowSize, kWidestWindow));
  put_frame(kWindowUpdate, 0, 0, be32(kWidestWindow - 65535));
}

void Http2Connection::put_frame_header(std::size_t size_bytes, std::uint8_t type, std::uint8_t flags,
                                       std::uint32_t stream) {
  const std::array<char, kFrameHeaderBytes> header = {static_cast<char>(size_bytes >> 16),
                                                      static_cast<char>(size_bytes >> 8),
                                                      static_cast<char>(size_bytes),
                                                      static_cast<char>(type),
                                                      static_cast<char>(flags),
                                                      static_cast<char>(stream >> 24),
                                                      static_cast<char>(stream >> 16),
                                                      static_cast<char>(stream >> 8),
                                                      static_cast<char>(stream)};
  put({header.data(), header.size()});
}

void Http2Connection::put_frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                                std::string_view payload) {
  put_frame_header(payload.size(), type, flags, stream);
  put(payload);
}

std::uint32_t Http2Connection::open(unsigned slot, bool ends) {
  const std::uint32_t id = next_id_;
  next_id_ += 2;
  put_frame(kHeaders, kEndHeaders, id, headers_sent_ ? next_headers_ : first_headers_);
  headers_sent_ = true;
  streams_.try_emplace(id, Stream{.slot = slot, .ends = ends, .window_bytes = initial_window_bytes_});
  return id;
}

void Http2Connection::call(unsigned slot) {
  const std::uint32_t id = open(slot, true);
  Stream& stream = streams_.find(id)->second;
  stream.unsent_bytes = request_.size();
  send_body(id, stream);
}

void Http2Connection::open_stream(unsigned slot) {
  if (stream_of_slot_.size() <= slot) stream_of_slot_.resize(slot + 1);
  stream_of_slot_[slot] = open(slot, false);
}

void Http2Connection::send_message(unsigned slot) {
  const std::uint32_t id = stream_of_slot_[slot];
  Stream& stream = streams_.find(id)->second;
  stream.unsent_bytes += request_.size();
  if (stream.unsent_bytes == request_.size()) send_body(id, stream);
}

void Http2Connection::send_body(std::uint32_t id, Stream& stream) {
  while (stream.unsent_bytes > 0) {
    const std::int64_t window = std::min(stream.window_bytes, window_bytes_);
    if (window <= 0) return blocked_.push_back(id);
    // What is unsent ends where a copy of the request ends.
    const std::size_t left = (stream.unsent_bytes - 1) % request_.size() + 1;
    const std::size_t size = std::min({left, max_frame_bytes_, static_cast<std::size_t>(window)});
    stream.unsent_bytes -= size;
    stream.window_bytes -= static_cast<std::int64_t>(size);
    window_bytes_ -= static_cast<std::int64_t>(size);
    const bool last = stream.ends && stream.unsent_bytes == 0;
    put_frame_header(size, kData, last ? kEndStream : 0, id);
    put_shared(std::string_view{request_}.substr(request_.size() - left, size));
  }
}

std::size_t Http2Connection::receive(std::span<const std::byte> bytes) {
  std::size_t used = 0;
  while (bytes.size() - used >= kFrameHeaderBytes && !gone()) {
    const auto header = bytes.subspan(used, kFrameHeaderBytes);
    const std::size_t size = load_be(header.first(3));
    if (bytes.size() - used - kFrameHeaderBytes < size) break;
    const Frame frame{.type = std::to_integer<std::uint8_t>(header[3]),
                      .flags = std::to_integer<std::uint8_t>(header[4]),
                      .stream = load_be(header.subspan(5)),
                      .payload = bytes.subspan(used + kFrameHeaderBytes, size)};
    used += kFrameHeaderBytes + size;
    on_frame(frame);
  }
  return used;
}

void Http2Connection::on_frame(const Frame& frame) {
  switch (frame.type) {
    case kData:
      return on_data(frame);
    case kHeaders:
      return on_headers(frame);
    case kSettings:
      return on_settings(frame);
    case kWindowUpdate:
      return on_window_update(frame);
    case kRstStream:
      return end(frame.stream, "RST_STREAM");
    case kPing:
      if ((frame.flags & kAck) != 0) return;
      return put_frame(kPing, kAck, 0,
                       {reinterpret_cast<const char*>(frame.payload.data()), frame.payload.size()});
    case kGoaway:
      if (streams_.empty()) return;
      return fail("GOAWAY with calls in flight");
    case kContinuation:
      return fail("a header section in several frames");
    default:
      return;
  }
}

void Http2Connection::on_data(const Frame& frame) {
  if ((frame.flags & kPadded) != 0) return fail("padded DATA");
  received_bytes_ += frame.payload.size();
  if (received_bytes_ >= kWindowStep) {
    put_frame(kWindowUpdate, 0, 0, be32(static_cast<std::uint32_t>(received_bytes_)));
    received_bytes_ = 0;
  }
  if (const auto found = streams_.find(frame.stream); found != streams_.end()) {
    take_messages(found->second, frame.payload);
  }
  if ((frame.flags & kEndStream) != 0) end(frame.stream, "no trailers");
}

// `stream` may be gone after the last message of it is told: the user may open others.
void Http2Connection::take_messages(Stream& stream, std::span<const std::byte> data) {
  unsigned messages = 0;
  while (!data.empty()) {
    if (stream.left_bytes == 0 && stream.prefix_filled < stream.prefix.size()) {
      stream.prefix[stream.prefix_filled++] = data.front();
      data = data.subspan(1);
      if (stream.prefix_filled < stream.prefix.size()) continue;
      stream.left_bytes = load_be(std::span{stream.prefix}.subspan(1));
    }
    const auto part = data.first(std::min(stream.left_bytes, data.size()));
    if (!sampled_) sample_.append(reinterpret_cast<const char*>(part.data()), part.size());
    stream.left_bytes -= part.size();
    data = data.subspan(part.size());
    if (stream.left_bytes > 0) break;
    stream.prefix_filled = 0;
    ++messages;
    if (!sampled_) {
      sampled_ = true;
      --messages;
      user_.on_message(*this, stream.slot, sample_);
    }
  }
  const unsigned slot = stream.slot;
  for (; messages > 0; --messages) user_.on_message(*this, slot, {});
}

void Http2Connection::on_headers(const Frame& frame) {
  if ((frame.flags & (kPadded | kPriority)) != 0 || (frame.flags & kEndHeaders) == 0) {
    return fail("a header section of a form that is not expected");
  }
  const bool last = (frame.flags & kEndStream) != 0;
  const std::string& problem = response_headers_.problem(frame.payload, last);
  if (last || !problem.empty()) end(frame.stream, problem);
}

void Http2Connection::end(std::uint32_t id, std::string_view why) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  const unsigned slot = found->second.slot;
  streams_.erase(found);
  user_.on_end(*this, slot, why);
}

void Http2Connection::on_settings(const Frame& frame) {
  if ((frame.flags & kAck) != 0) return;
  for (auto left = frame.payload; left.size() >= 6; left = left.subspan(6)) {
    const std::uint32_t value = load_be(left.subspan(2, 4));
    switch (load_be(left.first(2))) {
      case kHeaderTableSize:
        if (value < 1024) return fail("a header table too small for the requests' fields");
        break;
      case kInitialWindowSize:
        for (auto& [id, stream] : streams_)
          stream.window_bytes += std::int64_t{value} - initial_window_bytes_;
        initial_window_bytes_ = value;
        break;
      case kMaxFrameSize:
        max_frame_bytes_ = value;
        break;
      default:
        break;
    }
  }
  put_frame(kSettings, kAck, 0, {});
  if (!std::exchange(ready_, true)) user_.on_ready(*this);
}

void Http2Connection::on_window_update(const Frame& frame) {
  const std::int64_t more = load_be(frame.payload) & kWidestWindow;
  if (frame.stream == 0) {
    window_bytes_ += more;
  } else if (const auto found = streams_.find(frame.stream); found != streams_.end()) {
    found->second.window_bytes += more;
  }
  for (std::size_t waiting = blocked_.size(); waiting > 0 && window_bytes_ > 0; --waiting) {
    const std::uint32_t id = blocked_.front();
    blocked_.pop_front();
    if (const auto found = streams_.find(id); found != streams_.end()) send_body(id, found->second);
  }
}

}  // namespace bench
