#pragma once

#include <nghttp2/nghttp2.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "http2/connection_test_support.h"

namespace parlance::http2::test {

/// What an engine reported, in a form that does not depend on the engine: one list for each stream and one
/// for the connection (stream 0). Data in a row are one event.
class EventLog {
 public:
  void add(StreamId stream, std::string line) { lines_[stream].push_back(std::move(line)); }
  void add_data(StreamId stream, std::string_view data) {
    if (data.empty()) return;
    Lines& lines = lines_[stream];
    if (lines.empty() || !lines.back().starts_with("data ")) lines.emplace_back("data ");
    lines.back() += data;
  }
  const std::map<StreamId, Lines>& lines() const { return lines_; }

 private:
  std::map<StreamId, Lines> lines_;
};

/// A session of libnghttp2 that reports into an EventLog. Opens requests, and answers them, as told.
class ReferenceSession {
 public:
  explicit ReferenceSession(Role role) : role_(role) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    if (role == Role::kServer) {
      nghttp2_session_server_new(&session_, callbacks, this);
    } else {
      nghttp2_session_client_new(&session_, callbacks, this);
    }
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry entries[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1000},
                                              {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 65536}};
    nghttp2_submit_settings(session_, 0, entries, 2);
    nghttp2_session_set_local_window_size(session_, 0, 0, 1 << 20);
  }
  ~ReferenceSession() { nghttp2_session_del(session_); }
  ReferenceSession(const ReferenceSession&) = delete;
  ReferenceSession& operator=(const ReferenceSession&) = delete;

  void receive(std::string_view bytes) {
    if (failed_ || bytes.empty()) return;
    const auto read =
        nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (read != static_cast<ssize_t>(bytes.size())) failed_ = true;
  }
  std::string output() {
    std::string bytes;
    const std::uint8_t* data = nullptr;
    for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_, &data)) > 0;) {
      bytes.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    }
    return bytes;
  }
  /// It found an error that costs the connection.
  bool died() { return failed_ || nghttp2_session_want_read(session_) == 0; }

  StreamId request(const Texts& texts, const std::string* body) {
    std::vector<nghttp2_nv> fields = fields_of_reference(texts);
    nghttp2_data_provider provider = provider_of(body);
    const int id = nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(),
                                          body == nullptr ? nullptr : &provider, nullptr);
    return static_cast<StreamId>(id);
  }
  /// Response with `body` (which must outlive the session) and trailers.
  void respond(StreamId stream, const std::string* body) {
    std::vector<nghttp2_nv> fields = fields_of_reference(kOk);
    nghttp2_data_provider provider = provider_of(body);
    nghttp2_submit_response(session_, static_cast<int>(stream), fields.data(), fields.size(), &provider);
  }
  bool answer_with_trailers = false;

  std::int32_t send_window(StreamId stream) const {
    return nghttp2_session_get_stream_remote_window_size(session_, static_cast<int>(stream));
  }
  std::int32_t connection_send_window() const { return nghttp2_session_get_remote_window_size(session_); }

  EventLog log;
  std::map<StreamId, std::size_t> data_bytes;
  /// Called at END_STREAM.
  std::function<void(StreamId)> on_end;

 private:
  static std::vector<nghttp2_nv> fields_of_reference(const Texts& texts) {
    std::vector<nghttp2_nv> fields;
    for (const auto& [name, value] : texts) {
      fields.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                        reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
                        value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    return fields;
  }

  nghttp2_data_provider provider_of(const std::string* body) {
    nghttp2_data_provider provider;
    provider.source.ptr = const_cast<std::string*>(body);
    provider.read_callback = read_body;
    return provider;
  }

  static ssize_t read_body(nghttp2_session* session, std::int32_t stream, std::uint8_t* to, std::size_t size,
                           std::uint32_t* flag, nghttp2_data_source* source, void* self) {
    auto& me = *static_cast<ReferenceSession*>(self);
    const auto& body = *static_cast<const std::string*>(source->ptr);
    std::size_t& sent = me.sent_bytes_[static_cast<StreamId>(stream)];
    size = std::min(size, body.size() - sent);
    std::memcpy(to, body.data() + sent, size);
    sent += size;
    if (sent == body.size()) {
      *flag |= NGHTTP2_DATA_FLAG_EOF;
      if (me.answer_with_trailers) {
        *flag |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        std::vector<nghttp2_nv> fields = fields_of_reference(kTrailers);
        nghttp2_submit_trailer(session, stream, fields.data(), fields.size());
      }
    }
    return static_cast<ssize_t>(size);
  }

  static ReferenceSession& of(void* self) { return *static_cast<ReferenceSession*>(self); }

  static int on_begin_headers(nghttp2_session*, const nghttp2_frame*, void* self) {
    of(self).section_.clear();
    return 0;
  }
  static int on_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                       void* self) {
    std::string& section = of(self).section_;
    section += " " + std::string(reinterpret_cast<const char*>(name), name_size);
    section += "=" + std::string(reinterpret_cast<const char*>(value), value_size);
    return 0;
  }
  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data,
                     std::size_t size, void* self) {
    const auto id = static_cast<StreamId>(stream);
    of(self).data_bytes[id] += size;
    of(self).log.add_data(id, {reinterpret_cast<const char*>(data), size});
    return 0;
  }
  static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t code, void* self) {
    of(self).log.add(static_cast<StreamId>(stream),
                     "closed " + std::string(to_string(static_cast<ErrorCode>(code))));
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    ReferenceSession& me = of(self);
    const auto stream = static_cast<StreamId>(frame->hd.stream_id);
    const bool end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        me.log.add(stream, "headers" + me.section_);
        if (end) me.ended(stream);
        break;
      case NGHTTP2_DATA:
        if (end) me.ended(stream);
        break;
      case NGHTTP2_SETTINGS:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) me.log.add(0, "settings");
        break;
      case NGHTTP2_PING:
        me.log.add(0, (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0 ? "ping ack" : "ping");
        break;
      case NGHTTP2_GOAWAY: {
        const auto code = static_cast<ErrorCode>(frame->goaway.error_code);
        const auto last = static_cast<StreamId>(frame->goaway.last_stream_id);
        me.log.add(0, "goaway " + std::to_string(last) + " " + std::string(to_string(code)));
        break;
      }
      default:
        break;
    }
    return 0;
  }
  void ended(StreamId stream) {
    log.add(stream, "end");
    if (on_end) on_end(stream);
  }

  Role role_;
  nghttp2_session* session_ = nullptr;
  bool failed_ = false;
  std::string section_;
  std::map<StreamId, std::size_t> sent_bytes_;
};

}  // namespace parlance::http2::test
