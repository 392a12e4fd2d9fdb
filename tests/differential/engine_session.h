#pragma once

#include <memory>
#include <string>
#include <vector>

#include "reference_session.h"

namespace parlance::http2::test {

/// The engine with the same face as ReferenceSession.
class EngineSession final : public ConnectionObserver {
 public:
  explicit EngineSession(Role role, const Limits& limits = {}) : connection_(role, limits, *this) {}
  ~EngineSession() { connection_.on_transport_closed("the test ends"); }

  void receive(std::string_view bytes) { connection_.receive(as_bytes(bytes), TimePoint{1h}); }
  std::string output() {
    std::string bytes;
    std::array<iovec, 8> parts;
    while (connection_.wants_write()) {
      const std::size_t count = connection_.gather(parts);
      std::size_t size_bytes = 0;
      for (std::size_t i = 0; i < count; ++i) {
        bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
        size_bytes += parts[i].iov_len;
      }
      if (count == 0) break;
      connection_.wrote(size_bytes);
    }
    return bytes;
  }
  bool died() const { return connection_.finished(); }
  Connection& connection() { return connection_; }

  StreamId request(const Texts& texts, const std::string* body) {
    streams_.push_back(std::make_unique<Stream>(*this));
    Stream& stream = *streams_.back();
    stream.id = connection_.open_stream(fields_of(texts), body == nullptr, stream);
    if (body != nullptr) connection_.send_data(stream.id, Buffer::copy_of(as_bytes(*body)), true);
    return stream.id;
  }
  void respond(StreamId stream, const std::string* body) {
    connection_.send_headers(stream, fields_of(kOk), false);
    connection_.send_data(stream, Buffer::copy_of(as_bytes(*body)), !answer_with_trailers);
    if (answer_with_trailers) connection_.send_headers(stream, fields_of(kTrailers), true);
  }
  bool answer_with_trailers = false;

  EventLog log;
  std::map<StreamId, std::size_t> data_bytes;
  std::function<void(StreamId)> on_end;

  StreamObserver* on_request(StreamId stream, HeaderFields fields, bool end_stream) override {
    streams_.push_back(std::make_unique<Stream>(*this));
    streams_.back()->id = stream;
    streams_.back()->on_headers(fields, end_stream);
    return streams_.back().get();
  }
  void on_settings() override { log.add(0, "settings"); }
  void on_ping() override { log.add(0, "ping"); }
  void on_ping_ack(std::uint64_t) override { log.add(0, "ping ack"); }
  void on_goaway(StreamId last, ErrorCode code, std::string_view) override {
    log.add(0, "goaway " + std::to_string(last) + " " + std::string(to_string(code)));
  }

 private:
  struct Stream final : StreamObserver {
    explicit Stream(EngineSession& owner) : session(owner) {}
    void on_headers(HeaderFields fields, bool end_stream) override {
      session.log.add(id, "headers" + line_of(fields));
      ended(end_stream);
    }
    void on_data(Bytes data, bool end_stream) override {
      session.data_bytes[id] += data.size();
      session.log.add_data(id, as_text(data));
      session.connection_.consume(id, data.size());
      ended(end_stream);
    }
    void on_send_ready() override {}
    void on_closed(const StreamEnd& end) override {
      // The end of the connection is not an event of its streams in the reference.
      if (end.by != EndedBy::kTransport) session.log.add(id, "closed " + std::string(to_string(end.code)));
    }
    void ended(bool end_stream) {
      if (!end_stream) return;
      session.log.add(id, "end");
      if (session.on_end) session.on_end(id);
    }
    EngineSession& session;
    StreamId id = 0;
  };

  std::vector<std::unique_ptr<Stream>> streams_;
  Connection connection_;
};

}  // namespace parlance::http2::test
