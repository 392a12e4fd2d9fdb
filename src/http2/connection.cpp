#include "http2/connection.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "http2/connection_core.h"
#include "http2/control_in.h"
#include "http2/data_in.h"
#include "http2/frame_reader.h"
#include "http2/headers_in.h"

namespace parlance::http2 {

/// Routes what arrives to the handlers, and turns faults into RST_STREAM and GOAWAY.
class Connection::Impl {
 public:
  Impl(Role role, const Limits& limits, ConnectionObserver& observer);

  void receive(Bytes bytes, TimePoint now);
  void die(ConnectionError error);
  void fail(const Fault& fault);
  /// Client: a new stream, before its request is written.
  Stream& open_own(HeaderFields pseudo, bool end_stream, StreamObserver& observer);

  std::uint64_t section_id() const { return headers_.section_id(); }

  ConnectionCore core;

  /// While one exists, observers are being called: streams that close keep their memory until the last one
  /// goes, and receive() and gather() may not be entered again.
  class Turn {
   public:
    explicit Turn(Impl& impl) : impl_(impl) { ++impl_.turns_; }
    ~Turn() {
      if (impl_.turns_ == 1) impl_.core.streams.settle();
      --impl_.turns_;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Impl& impl_;
  };
  void require_no_turn(const char* what) const { require(turns_ == 0, what); }

 private:
  Outcome read_preface(Bytes& bytes);
  Outcome read_frames(Bytes bytes);
  Outcome on_item(const FrameItem& item);
  Outcome check_order(const FrameItem& item) const;
  Outcome route(const FrameItem& item);
  Outcome contain(const Fault& fault, StreamId id);

  FrameReader reader_;
  HeadersIn headers_;
  DataIn data_;
  ControlIn control_;
  int turns_ = 0;
  std::size_t preface_left_ = 0;  // server: bytes of the client's preface still to come
};

Connection::Impl::Impl(Role role, const Limits& limits, ConnectionObserver& observer)
    : core(role, limits, observer),
      reader_(std::clamp(limits.max_frame_bytes, kMinMaxFrameBytes, kMaxMaxFrameBytes)),
      headers_(core),
      data_(core),
      control_(core, headers_),
      preface_left_(role == Role::kServer ? kPreface.size() : 0) {
  FrameWriter& writer = core.send.control();
  if (role == Role::kClient) writer.preface();
  writer.settings(core.settings.announce());
  core.receive.announce();
}

void Connection::Impl::receive(Bytes bytes, TimePoint now) {
  if (core.ending.dead) return;
  require_no_turn("Connection::receive: called from an observer");
  const Turn turn(*this);
  core.now = now;
  core.abuse.set_now(now);
  Outcome outcome = read_preface(bytes);
  if (outcome && preface_left_ == 0) outcome = read_frames(bytes);
  if (!outcome) fail(outcome.error());
}

Outcome Connection::Impl::read_preface(Bytes& bytes) {
  if (preface_left_ == 0) return {};
  const std::size_t size_bytes = std::min(bytes.size(), preface_left_);
  const std::string_view expected = kPreface.substr(kPreface.size() - preface_left_, size_bytes);
  if (as_text(bytes.first(size_bytes)) != expected) {
    return connection_fault(ErrorCode::kProtocolError, "not an HTTP/2 preface (RFC 9113 section 3.4)");
  }
  preface_left_ -= size_bytes;
  bytes = bytes.subspan(size_bytes);
  return {};
}

Outcome Connection::Impl::read_frames(Bytes bytes) {
  while (!core.ending.dead) {
    const auto item = reader_.next(bytes);
    if (!item) return std::unexpected(item.error());
    if (!*item) return {};
    if (auto ok = on_item(**item); !ok) return ok;
    core.streams.settle();
  }
  return {};
}

Outcome Connection::Impl::on_item(const FrameItem& item) {
  Outcome outcome = check_order(item);
  if (outcome) outcome = route(item);
  if (!outcome && outcome.error().scope == Fault::Scope::kStream) {
    outcome = contain(outcome.error(), item.header.stream);
  }
  if (!outcome) return outcome;
  return core.abuse.check_queued_control(core.send.output().control_bytes());
}

Outcome Connection::Impl::check_order(const FrameItem& item) const {
  const FrameHeader& header = item.header;
  if (!core.settings.has_received()) [[unlikely]] {
    if (header.type != FrameType::kSettings || header.has(flags::kAck)) {
      return connection_fault(ErrorCode::kProtocolError,
                              "the first frame is not SETTINGS (RFC 9113 section 3.4)");
    }
  }
  if (headers_.in_block() && header.type != FrameType::kContinuation) [[unlikely]] {
    return connection_fault(ErrorCode::kProtocolError, "frame within a header block (RFC 9113 section 4.3)");
  }
  return {};
}

Outcome Connection::Impl::route(const FrameItem& item) {
  const FrameHeader& header = item.header;
  if (item.kind == FrameItem::Kind::kData) return data_.on_piece(item);
  if (item.kind == FrameItem::Kind::kUnknown) return core.abuse.count_empty();
  switch (header.type) {
    case FrameType::kHeaders:
      return headers_.on_headers(header, item.payload);
    case FrameType::kContinuation:
      return headers_.on_continuation(header, item.payload);
    case FrameType::kPriority:
      return control_.on_priority(header, item.payload);
    case FrameType::kRstStream:
      return control_.on_rst_stream(header, item.payload);
    case FrameType::kSettings:
      return control_.on_settings(header, item.payload);
    case FrameType::kPing:
      return control_.on_ping(header, item.payload);
    case FrameType::kGoaway:
      return control_.on_goaway(item.payload);
    case FrameType::kWindowUpdate:
      return control_.on_window_update(header, item.payload);
    case FrameType::kData:
    case FrameType::kPushPromise:  // refused by its header
      break;
  }
  return {};
}

// A fault that costs one stream. A server counts it: a client can make it reset streams as fast as it can
// reset them itself.
Outcome Connection::Impl::contain(const Fault& fault, StreamId id) {
  if (Stream* stream = core.streams.find(id)) {
    core.reset(*stream, fault.code, fault.reason);
  } else {
    core.refuse(id, fault.code);
  }
  return core.role == Role::kServer ? core.abuse.count_reset() : Outcome{};
}

void Connection::Impl::fail(const Fault& fault) {
  die({fault.code, EndedBy::kLocal, std::string(fault.reason)});
}

void Connection::Impl::die(ConnectionError error) {
  if (core.ending.dead) return;
  const Turn turn(*this);
  core.ending.dead = true;
  core.ending.error = std::move(error);
  const ConnectionError& why = *core.ending.error;
  if (why.by == EndedBy::kLocal) {
    core.send.control().goaway(core.streams.last_peer_id(), why.code, why.reason);
  }
  const ErrorCode code = why.by == EndedBy::kLocal ? why.code : ErrorCode::kCancel;
  core.end_all({EndedBy::kTransport, code, true, why.reason});
}

Connection::Connection(Role role, const Limits& limits, ConnectionObserver& observer)
    : impl_(std::make_unique<Impl>(role, limits, observer)) {}

Connection::~Connection() = default;

void Connection::receive(Bytes bytes, TimePoint now) { impl_->receive(bytes, now); }

void Connection::on_transport_closed(std::string_view reason) {
  impl_->die({ErrorCode::kNoError, EndedBy::kTransport, std::string(reason)});
}

std::uint64_t Connection::section_id() const { return impl_->section_id(); }

bool Connection::can_open_stream() const {
  const ConnectionCore& core = impl_->core;
  const Ending& ending = core.ending;
  return core.role == Role::kClient && !ending.dead && !ending.peer_leaves && !ending.announced &&
         !ending.final_sent && core.streams.has_ids() &&
         core.streams.open_count() < core.settings.peer_max_concurrent_streams();
}

StreamId Connection::open_stream(HeaderFields fields, bool end_stream, StreamObserver& observer) {
  require(can_open_stream(), "Connection::open_stream: can_open_stream() does not hold");
  Stream& stream = impl_->open_own(fields, end_stream, observer);
  impl_->core.send.write_headers(stream.id, fields, end_stream);
  return stream.id;
}

StreamId Connection::open_stream(const FixedFields& fixed, HeaderFields more, bool end_stream,
                                 StreamObserver& observer) {
  require(can_open_stream(), "Connection::open_stream: can_open_stream() does not hold");
  Stream& stream = impl_->open_own(fixed.fields(), end_stream, observer);
  impl_->core.send.write_headers(stream.id, fixed, more, end_stream);
  return stream.id;
}

// `pseudo` has the pseudo-headers, perhaps with others.
Stream& Connection::Impl::open_own(HeaderFields pseudo, bool end_stream, StreamObserver& observer) {
  const StreamId id = core.streams.take_id();
  Stream& stream =
      core.streams.open(id, core.settings.theirs().initial_window_bytes, core.settings.stream_window_bytes());
  stream.receiving = Stream::Receiving::kResponse;
  stream.observer = &observer;
  stream.head_request = std::ranges::any_of(
      pseudo, [](const HeaderField& field) { return field.name == ":method" && field.value == "HEAD"; });
  core.abuse.stream_opened();
  stream.end_queued = stream.end_sent = end_stream;
  return stream;
}

bool Connection::send_headers(StreamId stream, HeaderFields fields, bool end_stream) {
  Stream* open = impl_->core.streams.find(stream);
  return open != nullptr && impl_->core.send.submit_headers(*open, fields, end_stream);
}

bool Connection::send_headers(StreamId stream, const FixedFields& fixed, HeaderFields more, bool end_stream) {
  Stream* open = impl_->core.streams.find(stream);
  return open != nullptr && impl_->core.send.submit_headers(*open, fixed, more, end_stream);
}

bool Connection::send_data(StreamId stream, Buffer data, bool end_stream) {
  Stream* open = impl_->core.streams.find(stream);
  return open != nullptr && impl_->core.send.submit_data(*open, std::move(data), end_stream);
}

std::byte* Connection::place_data(StreamId stream, std::size_t size_bytes, bool end_stream) {
  Stream* open = impl_->core.streams.find(stream);
  return open == nullptr ? nullptr : impl_->core.send.place_data(*open, size_bytes, end_stream);
}

std::size_t Connection::queued_bytes(StreamId stream) const {
  if (impl_->core.streams.queued_memory_bytes() == 0) return 0;
  const Stream* open = impl_->core.streams.find(stream);
  return open == nullptr ? 0 : open->queue.data_bytes();
}

std::size_t Connection::queued_memory_bytes(StreamId stream) const {
  const Stream* open = impl_->core.streams.find(stream);
  return open == nullptr ? 0 : open->queue.memory_bytes();
}

void Connection::tell_when_sent(StreamId stream) {
  Stream* open = impl_->core.streams.find(stream);
  if (open != nullptr && open->queue.data_bytes() > 0) open->tell_when_empty = true;
}

std::size_t Connection::send_memory_bytes() const {
  return impl_->core.streams.queued_memory_bytes() + impl_->core.send.output().memory_bytes();
}

void Connection::set_output_target(std::size_t size_bytes) {
  impl_->core.send.set_output_target(std::min(size_bytes, SendPath::kFullOutputBytes));
}

void Connection::consume(StreamId stream, std::size_t size_bytes) {
  Stream* open = impl_->core.streams.find(stream);
  if (open == nullptr || size_bytes == 0) return;
  require(size_bytes <= kMaxWindowBytes, "Connection::consume: more than was received");
  impl_->core.receive.consumed(*open, static_cast<std::uint32_t>(size_bytes));
}

void Connection::reset(StreamId stream, ErrorCode code, std::string_view reason) {
  if (Stream* open = impl_->core.streams.find(stream)) impl_->core.reset(*open, code, reason);
}

void Connection::ping(std::uint64_t opaque) {
  if (!impl_->core.ending.dead) impl_->core.send.control().ping(opaque, false);
}

void Connection::announce_shutdown(std::string_view debug_data) {
  Ending& ending = impl_->core.ending;
  if (ending.dead || ending.announced || ending.final_sent) return;
  ending.announced = true;
  impl_->core.send.control().goaway(kMaxStreamId, ErrorCode::kNoError, debug_data);
}

void Connection::shutdown(ErrorCode code, std::string_view debug_data) {
  ConnectionCore& core = impl_->core;
  if (code != ErrorCode::kNoError) {
    impl_->die({code, EndedBy::kLocal, std::string(debug_data)});
    return;
  }
  if (core.ending.dead || core.ending.final_sent) return;
  core.ending.final_sent = true;
  core.ending.accepts_up_to = core.streams.last_peer_id();
  core.send.control().goaway(core.ending.accepts_up_to, code, debug_data);
}

std::uint64_t Connection::payload_frames_sent() const { return impl_->core.send.payload_frames(); }

std::int64_t Connection::send_window_bytes() const { return impl_->core.send.connection_window(); }

std::int64_t Connection::receive_window_bytes() const {
  return impl_->core.receive.connection_available_bytes();
}

std::size_t Connection::open_streams() const { return impl_->core.streams.open_count(); }

std::uint32_t Connection::peer_max_concurrent_streams() const {
  return impl_->core.settings.peer_max_concurrent_streams();
}

const std::optional<ConnectionError>& Connection::error() const { return impl_->core.ending.error; }

bool Connection::is_draining() const {
  const Ending& ending = impl_->core.ending;
  return ending.dead || ending.announced || ending.final_sent || ending.peer_leaves;
}

bool Connection::finished() const {
  const Ending& ending = impl_->core.ending;
  return ending.dead || ((ending.final_sent || ending.peer_leaves) && open_streams() == 0);
}

bool Connection::wants_write() const {
  return !impl_->core.send.output().empty() || impl_->core.send.has_turns();
}

std::size_t Connection::gather(std::span<iovec> parts) {
  impl_->require_no_turn("Connection::gather: called from an observer");
  {
    const Impl::Turn turn(*impl_);
    impl_->core.streams.settle();
    impl_->core.send.fill();
  }
  return impl_->core.send.output().gather(parts);
}

void Connection::wrote(std::size_t size_bytes) {
  SendPath& send = impl_->core.send;
  send.output().wrote(size_bytes);
  send.set_backlogged(!send.output().empty());
}

}  // namespace parlance::http2
