#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "http2/connection.h"
#include "http2/frame_reader.h"
#include "http2/frame_writer.h"
#include "http2/header_list.h"
#include "http2/hpack_decoder.h"
#include "http2/hpack_encoder.h"

namespace parlance::http2::test {

inline constexpr std::uint8_t kEnd = flags::kEndStream;

using namespace std::chrono_literals;

using Lines = std::vector<std::string>;
/// Fields as a test writes them: name and value in turn.
using Texts = std::vector<std::pair<std::string_view, std::string_view>>;

inline std::vector<HeaderField> fields_of(const Texts& texts) {
  std::vector<HeaderField> fields;
  for (const auto& [name, value] : texts) fields.push_back({name, value, header_token(name)});
  return fields;
}

inline const Texts kGet = {
    {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "localhost"}};
inline const Texts kPost = {
    {":method", "POST"}, {":scheme", "http"}, {":path", "/s/m"}, {":authority", "localhost"}};
inline const Texts kOk = {{":status", "200"}};
inline const Texts kTrailers = {{"grpc-status", "0"}};

inline std::string line_of(HeaderFields fields) {
  std::string line;
  for (const HeaderField& field : fields) {
    line += " " + std::string(field.name) + "=" + std::string(field.value);
  }
  return line;
}

/// What a peer puts on the wire, byte by byte and not through FrameWriter, so that it can be wrong.
///
/// Without a dynamic table blocks do not depend on each other, so that scripts may be written as sums.
class Wire {
 public:
  explicit Wire(std::uint32_t header_table_bytes = 0) : encoder_(header_table_bytes) {}

  static std::string frame(FrameType type, std::uint8_t flag, StreamId stream, std::string_view payload) {
    std::string bytes(kFrameHeaderBytes, '\0');
    store_frame_header(reinterpret_cast<std::byte*>(bytes.data()),
                       {static_cast<std::uint32_t>(payload.size()), type, flag, stream});
    return bytes.append(payload);
  }
  static std::string u32(std::uint32_t value) {
    std::string bytes(4, '\0');
    store_be32(reinterpret_cast<std::byte*>(bytes.data()), value);
    return bytes;
  }
  static std::string u16(std::uint16_t value) {
    return {static_cast<char>(value >> 8), static_cast<char>(value)};
  }

  static std::string settings(const std::vector<Setting>& settings = {}) {
    std::string payload;
    for (const Setting& s : settings) payload += u16(static_cast<std::uint16_t>(s.id)) + u32(s.value);
    return frame(FrameType::kSettings, 0, 0, payload);
  }
  static std::string settings_ack() { return frame(FrameType::kSettings, flags::kAck, 0, ""); }
  static std::string preface() { return std::string(kPreface) + settings(); }
  static std::string data(StreamId stream, std::string_view payload, std::uint8_t flag = 0) {
    return frame(FrameType::kData, flag, stream, payload);
  }
  static std::string rst_stream(StreamId stream, ErrorCode code) {
    return frame(FrameType::kRstStream, 0, stream, u32(static_cast<std::uint32_t>(code)));
  }
  static std::string window_update(StreamId stream, std::uint32_t increment) {
    return frame(FrameType::kWindowUpdate, 0, stream, u32(increment));
  }
  static std::string ping(std::string_view opaque = "12345678", std::uint8_t flag = 0) {
    return frame(FrameType::kPing, flag, 0, opaque);
  }
  static std::string goaway(StreamId last, ErrorCode code, std::string_view debug_data = {}) {
    return frame(FrameType::kGoaway, 0, 0,
                 u32(last) + u32(static_cast<std::uint32_t>(code)) + std::string(debug_data));
  }
  static std::string priority(StreamId stream, StreamId depends_on) {
    return frame(FrameType::kPriority, 0, stream, u32(depends_on) + "\x10");
  }

  /// A header block in the state of this peer's encoder.
  std::string block(const Texts& texts) {
    std::vector<std::byte> bytes;
    encoder_.encode(fields_of(texts), bytes);
    return std::string(as_text(bytes));
  }
  std::string headers(StreamId stream, const Texts& texts, std::uint8_t flag = 0) {
    return frame(FrameType::kHeaders, flag | flags::kEndHeaders, stream, block(texts));
  }

 private:
  HpackEncoder encoder_;
};

/// Reads what an engine wrote, as one line a frame.
class FrameLog {
 public:
  Lines read(std::string_view bytes, bool expect_preface = false) {
    if (expect_preface && bytes.starts_with(kPreface)) bytes.remove_prefix(kPreface.size());
    Lines lines;
    Bytes input = as_bytes(bytes);
    for (;;) {
      auto item = reader_.next(input);
      if (!item) return lines.push_back("unreadable: " + std::string(item.error().reason)), lines;
      if (!*item) return lines;
      lines.push_back(line(**item));
    }
  }

 private:
  std::string line(const FrameItem& item) {
    const FrameHeader& header = item.header;
    const std::string on = " " + std::to_string(header.stream);
    const std::string end = header.has(flags::kEndStream) ? " END" : "";
    const std::byte* at = item.payload.data();
    switch (header.type) {
      case FrameType::kData:
        return "DATA" + on + " " + std::to_string(header.length) + end;
      case FrameType::kHeaders:
        return headers("HEADERS" + on, item.payload, header, end);
      case FrameType::kContinuation:
        return headers("CONTINUATION" + on, item.payload, header, "");
      case FrameType::kRstStream:
        return "RST_STREAM" + on + " " + code(at);
      case FrameType::kSettings:
        return header.has(flags::kAck) ? "SETTINGS ack" : "SETTINGS" + settings(item.payload);
      case FrameType::kPing:
        return (header.has(flags::kAck) ? "PING ack " : "PING ") + std::string(as_text(item.payload));
      case FrameType::kGoaway:
        debug_data = as_text(item.payload.subspan(8));
        return "GOAWAY " + std::to_string(load_be32(at)) + " " + code(at + 4);
      case FrameType::kWindowUpdate:
        return "WINDOW_UPDATE" + on + " +" + std::to_string(load_be32(at));
      default:
        return "?";
    }
  }

  std::string headers(const std::string& line, Bytes block, const FrameHeader& header,
                      const std::string& end) {
    block_.append(as_text(block));
    if (!header.has(flags::kEndHeaders)) return line + " more";
    const bool ok = decoder_.decode(as_bytes(block_), list_).has_value();
    block_.clear();
    return line + (ok ? line_of(list_.fields()) : " undecodable") + end;
  }

  static std::string code(const std::byte* at) {
    return std::string(to_string(static_cast<ErrorCode>(load_be32(at))));
  }
  static std::string settings(Bytes payload) {
    std::string line;
    for (; !payload.empty(); payload = payload.subspan(kSettingBytes)) {
      line += " " + std::to_string(load_be16(payload.data())) + "=" +
              std::to_string(load_be32(payload.data() + 2));
    }
    return line;
  }

 public:
  std::string debug_data;  // of the last GOAWAY

 private:
  FrameReader reader_{kMaxMaxFrameBytes};
  HpackDecoder decoder_;
  HeaderList list_{1 << 20};
  std::string block_;
};

class Engine;

/// One stream of an engine under test; writes what happens into the engine's events.
class StreamLog final : public StreamObserver {
 public:
  StreamLog(Engine& engine, StreamId id) : engine_(engine), id_(id) {}
  void on_headers(HeaderFields fields, bool end_stream) override;
  void on_data(Bytes data, bool end_stream) override;
  void on_send_ready() override;
  void on_closed(const StreamEnd& end) override;

  StreamId id() const { return id_; }
  void set_id(StreamId id) { id_ = id; }

 private:
  Engine& engine_;
  StreamId id_;
};

/// A connection under test, with an application that keeps a log and does what a test tells it to do.
class Engine final : public ConnectionObserver {
 public:
  explicit Engine(Role role, const Limits& limits = {}) : role_(role), connection_(role, limits, *this) {}
  ~Engine() { connection_.on_transport_closed("the test ends"); }

  Connection& connection() { return connection_; }
  Connection* operator->() { return &connection_; }
  TimePoint now{1h};

  void receive(std::string_view bytes) { connection_.receive(as_bytes(bytes), now); }

  /// Client: opens a stream whose log is kept here.
  StreamId open(const Texts& texts, bool end_stream) {
    logs_.push_back(std::make_unique<StreamLog>(*this, 0));
    const StreamId id = connection_.open_stream(fields_of(texts), end_stream, *logs_.back());
    logs_.back()->set_id(id);
    return id;
  }
  bool send_headers(StreamId stream, const Texts& texts, bool end_stream) {
    return connection_.send_headers(stream, fields_of(texts), end_stream);
  }
  bool send_data(StreamId stream, std::string_view text, bool end_stream) {
    return connection_.send_data(stream, Buffer::copy_of(as_bytes(text)), end_stream);
  }

  /// All that is to be written now, through gather() and wrote().
  std::string output() {
    std::string bytes;
    while (connection_.wants_write()) {
      std::array<iovec, 8> parts;
      const std::size_t count = connection_.gather(parts);
      if (count == 0) break;
      std::size_t size_bytes = 0;
      for (const iovec& part : std::span(parts).first(count)) {
        bytes.append(static_cast<const char*>(part.iov_base), part.iov_len);
        size_bytes += part.iov_len;
      }
      connection_.wrote(size_bytes);
    }
    return bytes;
  }
  /// The same, as one line a frame.
  Lines sent() {
    const bool first = std::exchange(first_output_, false);
    return frames_.read(output(), first && role_ == Role::kClient);
  }
  /// What happened since the last call, as one line an event. Data in a row are one event.
  Lines events() { return std::exchange(events_, {}); }
  const std::string& debug_data() const { return frames_.debug_data; }

  /// What the application does; the log is written before.
  std::function<void(StreamId, bool end_stream)> on_request_do;
  std::function<void(StreamId, std::string_view data, bool end_stream)> on_data_do;
  std::function<void(StreamId)> on_send_ready_do;
  std::function<void(StreamId)> on_closed_do;
  bool refuse_requests = false;
  bool consume_at_once = true;

  // ConnectionObserver
  StreamObserver* on_request(StreamId stream, HeaderFields fields, bool end_stream) override {
    log("request", stream, line_of(fields), end_stream);
    if (refuse_requests) return nullptr;
    logs_.push_back(std::make_unique<StreamLog>(*this, stream));
    if (on_request_do) on_request_do(stream, end_stream);
    return logs_.back().get();
  }
  void on_settings() override { events_.emplace_back("settings"); }
  void on_ping_ack(std::uint64_t opaque) override { events_.push_back("ping ack " + std::to_string(opaque)); }
  void on_ping() override { events_.emplace_back("ping"); }
  void on_goaway(StreamId last, ErrorCode code, std::string_view debug_data) override {
    events_.push_back("goaway " + std::to_string(last) + " " + std::string(to_string(code)) + " " +
                      std::string(debug_data));
  }
  void on_stream_count(std::size_t open_streams) override { last_stream_count = open_streams; }
  std::size_t last_stream_count = 0;

 private:
  friend class StreamLog;

  void log(std::string_view what, StreamId stream, std::string_view rest, bool end_stream) {
    events_.push_back(std::string(what) + " " + std::to_string(stream) + std::string(rest) +
                      (end_stream ? " end" : ""));
  }
  // Pieces of data depend on how the input was cut; what was said last about this stream grows.
  void log_data(StreamId stream, Bytes data, bool end_stream) {
    const std::string start = "data " + std::to_string(stream) + " ";
    if (!events_.empty() && events_.back().starts_with(start) && !events_.back().ends_with(" end")) {
      events_.back() += as_text(data);
      if (end_stream) events_.back() += " end";
    } else {
      log("data", stream, " " + std::string(as_text(data)), end_stream);
    }
  }

  Role role_;
  Connection connection_;
  FrameLog frames_;
  bool first_output_ = true;
  Lines events_;
  std::vector<std::unique_ptr<StreamLog>> logs_;
};

inline void StreamLog::on_headers(HeaderFields fields, bool end_stream) {
  engine_.log("headers", id_, line_of(fields), end_stream);
}
inline void StreamLog::on_data(Bytes data, bool end_stream) {
  engine_.log_data(id_, data, end_stream);
  if (engine_.consume_at_once) engine_.connection_.consume(id_, data.size());
  if (engine_.on_data_do) engine_.on_data_do(id_, as_text(data), end_stream);
}
inline void StreamLog::on_send_ready() {
  engine_.log("send ready", id_, "", false);
  if (engine_.on_send_ready_do) engine_.on_send_ready_do(id_);
}
inline void StreamLog::on_closed(const StreamEnd& end) {
  static constexpr std::array<std::string_view, 4> kBy = {"", " by us ", " by peer ", " by transport "};
  std::string how{kBy[static_cast<std::size_t>(end.by)]};
  if (end.by != EndedBy::kNobody) how += to_string(end.code);
  if (!end.processed) how += " unprocessed";
  engine_.log("closed", id_, how, false);
  if (engine_.on_closed_do) engine_.on_closed_do(id_);
}

/// Gives `bytes` to `feed` whole, then one by one, then cut at random places; before each round `begin` is
/// called. The seed is part of what a failure prints.
inline void with_every_cut(std::string_view bytes, const std::function<void()>& begin,
                           const std::function<void(std::string_view)>& feed,
                           const std::function<void()>& check) {
  {
    SCOPED_TRACE("whole");
    begin();
    feed(bytes);
    check();
  }
  {
    SCOPED_TRACE("one byte at a time");
    begin();
    for (std::size_t i = 0; i < bytes.size(); ++i) feed(bytes.substr(i, 1));
    check();
  }
  for (std::uint32_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("cut at random, seed " + std::to_string(seed));
    std::mt19937 random(seed);
    begin();
    for (std::string_view left = bytes; !left.empty();) {
      const std::size_t size = std::min<std::size_t>(left.size(), 1 + random() % (seed * 5));
      feed(left.substr(0, size));
      left.remove_prefix(size);
    }
    check();
  }
}

/// Runs `input` through a fresh engine, cut in every way, and expects these events and these answers (after
/// the engine's own preface and SETTINGS). `prepare` may steer the application; a client opens its streams
/// there.
inline void expect_script(Role role, const Limits& limits, std::string_view input, const Lines& events,
                          const Lines& sent, const std::function<void(Engine&)>& prepare = {}) {
  std::unique_ptr<Engine> engine;
  const auto begin = [&] {
    engine = std::make_unique<Engine>(role, limits);
    if (prepare) prepare(*engine);
    engine->sent();
  };
  with_every_cut(
      input, begin, [&](std::string_view piece) { engine->receive(piece); },
      [&] {
        EXPECT_EQ(engine->events(), events);
        EXPECT_EQ(engine->sent(), sent);
      });
}

/// Moves bytes between two engines until neither has anything to say.
inline void exchange(Engine& a, Engine& b) {
  for (bool moved = true; moved;) {
    const std::string to_b = a.output();
    if (!to_b.empty()) b.receive(to_b);
    const std::string to_a = b.output();
    if (!to_a.empty()) a.receive(to_a);
    moved = !to_a.empty() || !to_b.empty();
  }
}

}  // namespace parlance::http2::test
