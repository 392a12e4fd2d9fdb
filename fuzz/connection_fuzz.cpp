// The engine under any bytes, in both roles, with an application that submits, consumes and resets as the
// input says. Checked: no observer is called after on_closed or without end, every observer is closed once,
// and what the engine writes is well-formed frames.

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/assert.h"
#include "http2/connection.h"
#include "http2/frame_reader.h"
#include "http2/frame_writer.h"

namespace parlance::http2 {
namespace {

/// The fuzzer's bytes, taken as small decisions; zeros when they are used up.
class Choices {
 public:
  explicit Choices(Bytes bytes) : bytes_(bytes) {}
  unsigned next() {
    if (bytes_.empty()) return 0;
    const auto value = std::to_integer<unsigned>(bytes_.front());
    bytes_ = bytes_.subspan(1);
    return value;
  }
  bool empty() const { return bytes_.empty(); }
  Bytes take(std::size_t size_bytes) {
    const Bytes taken = bytes_.first(std::min(size_bytes, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }

 private:
  Bytes bytes_;
};

class Application;

class StreamCheck final : public StreamObserver {
 public:
  explicit StreamCheck(Application& application) : application_(application) {}

  void on_headers(HeaderFields fields, bool end_stream) override;
  void on_data(Bytes data, bool end_stream) override;
  void on_send_ready() override;
  void on_closed(const StreamEnd& end) override;

  StreamId id = 0;
  bool closed = false;
  bool ended = false;
  std::size_t unconsumed_bytes = 0;

 private:
  void received(bool end_stream) {
    require(!closed && !ended, "an event after the end");
    ended = end_stream;
  }

  Application& application_;
};

class Application final : public ConnectionObserver {
 public:
  Application(Role role, const Limits& limits, unsigned behaviour)
      : behaviour_(behaviour), connection(role, limits, *this) {}

  StreamObserver* on_request(StreamId stream, HeaderFields fields, bool end_stream) override {
    require(!fields.empty(), "a request without fields");
    if (choose() % 8 == 7) return nullptr;
    StreamCheck& check = add(stream);
    check.ended = end_stream;
    act(check);
    return &check;
  }

  StreamCheck& add(StreamId stream) {
    streams.push_back(std::make_unique<StreamCheck>(*this));
    streams.back()->id = stream;
    return *streams.back();
  }

  /// Something on this stream or on another one.
  void act(StreamCheck& check) {
    static const std::array kFields = {HeaderField{":status", "200", HeaderToken::kStatus},
                                       HeaderField{"x-name", "value"}};
    const unsigned choice = choose();
    StreamCheck& other = *streams[choice % streams.size()];
    switch (choice % 16) {
      case 0:
      case 1:
        connection.send_headers(check.id, kFields, choice & 32);
        break;
      case 2:
      case 3:
        connection.send_data(check.id, Buffer::allocate(choice * 97), choice & 32);
        break;
      case 4:
        connection.reset(check.id, ErrorCode::kCancel, "because");
        break;
      case 5:
        connection.reset(other.id, ErrorCode::kCancel);
        break;
      case 6:
      case 7:
      case 8:
        if (!check.closed) connection.consume(check.id, std::exchange(check.unconsumed_bytes, 0));
        break;
      case 9:
        open();
        break;
      case 10:
        connection.ping(choice);
        break;
      case 11:
        if (choice == 11 + 16 * 15) connection.shutdown(ErrorCode::kInternalError, "enough");
        break;
      case 12:
        if (choice == 12 + 16 * 15) connection.announce_shutdown();
        break;
      case 13:
        if (choice == 13 + 16 * 15) connection.shutdown(ErrorCode::kNoError);
        break;
      default:
        break;
    }
  }

  void open() {
    static const std::array kFields = {HeaderField{":method", "POST", HeaderToken::kMethod},
                                       HeaderField{":scheme", "http", HeaderToken::kScheme},
                                       HeaderField{":path", "/", HeaderToken::kPath},
                                       HeaderField{":authority", "a", HeaderToken::kAuthority}};
    if (!connection.can_open_stream()) return;
    StreamCheck& check = add(0);
    check.id = connection.open_stream(kFields, choose() & 1, check);
  }

  void write() {
    std::array<iovec, 3> parts;
    while (connection.wants_write()) {
      const std::size_t count = connection.gather(parts);
      if (count == 0) return;
      const auto* at = static_cast<const std::byte*>(parts[0].iov_base);
      std::size_t size_bytes = parts[0].iov_len;
      if (choose() & 1) size_bytes = (size_bytes + 1) / 2;
      check_output({at, size_bytes});
      connection.wrote(size_bytes);
    }
  }

 private:
  void check_output(Bytes bytes) {
    while (preface_left_ > 0 && !bytes.empty()) {
      bytes = bytes.subspan(1);
      --preface_left_;
    }
    for (;;) {
      const auto item = reader_.next(bytes);
      require(item.has_value(), "the engine writes what is no frame");
      if (!*item) return;
    }
  }

  unsigned choose() {
    return behaviour_ = (behaviour_ * 1664525 + 1013904223) & 0xffff'ffff, behaviour_ >> 24;
  }

  unsigned behaviour_;
  FrameReader reader_{kMinMaxFrameBytes};

 public:
  Connection connection;
  std::vector<std::unique_ptr<StreamCheck>> streams;
  std::size_t preface_left_ = 0;
};

void StreamCheck::on_headers(HeaderFields, bool end_stream) {
  received(end_stream);
  application_.act(*this);
}
void StreamCheck::on_data(Bytes data, bool end_stream) {
  received(end_stream);
  unconsumed_bytes += data.size();
  application_.act(*this);
}
void StreamCheck::on_send_ready() {
  require(!closed, "an event after the end");
  application_.act(*this);
}
void StreamCheck::on_closed(const StreamEnd&) {
  require(!closed, "closed twice");
  closed = true;
  application_.act(*this);
}

void run(Bytes input) {
  Choices choices(input);
  const unsigned mode = choices.next();
  const Role role = mode & 1 ? Role::kClient : Role::kServer;
  Limits limits;
  if (mode & 2) limits.initial_stream_window_bytes = 1000;
  if (mode & 4) limits.max_header_list_bytes = 200;
  if (mode & 8) limits.header_table_bytes = 0;
  if (mode & 16) limits.max_concurrent_streams = 2;
  Application application(role, limits, choices.next());
  if (role == Role::kClient) application.preface_left_ = kPreface.size();
  TimePoint now{std::chrono::hours(1)};
  if (role == Role::kServer && (mode & 32)) application.connection.receive(as_bytes(kPreface), now);
  if (mode & 64) {
    static constexpr std::array<std::byte, 9> kSettings{{{}, {}, {}, std::byte{4}, {}, {}, {}, {}, {}}};
    application.connection.receive(kSettings, now);
  }
  for (int i = 0; i < 3; ++i) application.open();
  while (!choices.empty()) {
    const unsigned step = choices.next();
    application.connection.receive(choices.take(1 + step * (step & 1 ? 1 : 64)), now);
    now += std::chrono::milliseconds(step);
    if (step & 2) application.write();
  }
  application.write();
  application.connection.on_transport_closed("the input ends");
  require(application.connection.finished(), "finished once the transport is closed");
  for (const auto& stream : application.streams) {
    require(stream->closed || stream->id == 0, "an observer was not told of the end");
  }
}

}  // namespace
}  // namespace parlance::http2

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  parlance::http2::run({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
