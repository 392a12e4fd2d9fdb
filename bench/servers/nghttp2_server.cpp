// nghttp2-bench-server: InferenceService on libnghttp2 and libprotobuf, what HTTP/2 itself costs with a good
// C library. No gRPC runtime: no deadlines, metadata, cancellation, compression or limits.

#include <google/protobuf/arena.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "answers.h"
#include "reference_server.h"

namespace {

using google::protobuf::Arena;

enum class Method : std::uint8_t { kUnknown, kPredict, kGenerate, kBatchPredict, kStreamingPredict };

const std::unordered_map<std::string_view, Method> kMethods = {
    {"/inference.InferenceService/Predict", Method::kPredict},
    {"/inference.InferenceService/Generate", Method::kGenerate},
    {"/inference.InferenceService/BatchPredict", Method::kBatchPredict},
    {"/inference.InferenceService/StreamingPredict", Method::kStreamingPredict},
};

nghttp2_nv field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  constexpr std::uint8_t kStatic = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
  return {bytes(name), bytes(value), name.size(), value.size(), kStatic};
}

const std::array kResponseFields = {field(":status", "200"), field("content-type", "application/grpc")};
const std::array kOk = {field("grpc-status", "0")};
const std::array kInternal = {field("grpc-status", "13")};
const std::array kUnimplemented = {field(":status", "200"), field("content-type", "application/grpc"),
                                   field("grpc-status", "12")};

constexpr std::size_t kPrefixBytes = 5;

std::size_t announced_size(const std::string& in, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(in[at + i]));
  };
  return byte(1) << 24 | byte(2) << 16 | byte(3) << 8 | byte(4);
}

void append_framed(std::string& out, const google::protobuf::MessageLite& message) {
  const std::size_t size = message.ByteSizeLong();
  const std::size_t at = out.size();
  out.resize(at + kPrefixBytes + size);
  const std::array prefix = {0UL, size >> 24, size >> 16, size >> 8, size};
  std::ranges::transform(prefix, out.begin() + static_cast<std::ptrdiff_t>(at),
                         [](std::size_t byte) { return static_cast<char>(byte); });
  message.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(out.data() + at + kPrefixBytes));
}

// Of the message at hand: one thread answers one after the other.
Arena& arena() {
  static std::array<char, 64 * 1024> first_block;
  static Arena instance{first_block.data(), first_block.size()};
  return instance;
}

struct Stream {
  Method method = Method::kUnknown;
  std::string in;
  std::string out;
  std::size_t sent = 0;
  inference::GenerateRequest generate;
  int tokens = 0;
  bool failed = false;
  bool request_ended = false;
  bool responding = false;
  bool deferred = false;
};

class Nghttp2Session final : public bench::Session {
 public:
  Nghttp2Session() {
    nghttp2_session_server_new2(&session_, callbacks(), this, options());
    const std::array<nghttp2_settings_entry, 2> settings = {
        {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100'000},
         {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 16 << 20}}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, 64 << 20);
  }
  ~Nghttp2Session() override {
    nghttp2_session_del(session_);
    for (Stream* stream : streams_) delete stream;
  }

  std::span<std::byte> room() override {
    static std::array<std::byte, 256 * 1024> buffer;  // one thread
    room_ = buffer.data();
    return buffer;
  }
  bool received(std::size_t size_bytes) override {
    return nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(room_), size_bytes) >= 0;
  }
  void fill(std::string& out) override {
    constexpr std::size_t kEnoughBytes = 256 * 1024;
    const std::uint8_t* bytes = nullptr;
    while (out.size() < kEnoughBytes) {
      const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
      if (size <= 0) return;
      out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
  }

 private:
  static Nghttp2Session& of(void* user) { return *static_cast<Nghttp2Session*>(user); }

  static nghttp2_option* options() {
    static nghttp2_option* made = [] {
      nghttp2_option* option = nullptr;
      nghttp2_option_new(&option);
      nghttp2_option_set_no_closed_streams(option, 1);
      return option;
    }();
    return made;
  }

  static nghttp2_session_callbacks* callbacks() {
    static nghttp2_session_callbacks* made = [] {
      nghttp2_session_callbacks* all = nullptr;
      nghttp2_session_callbacks_new(&all);
      nghttp2_session_callbacks_set_on_begin_headers_callback(all, on_begin_headers);
      nghttp2_session_callbacks_set_on_header_callback(all, on_header);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, on_data);
      nghttp2_session_callbacks_set_on_frame_recv_callback(all, on_frame);
      nghttp2_session_callbacks_set_on_stream_close_callback(all, on_close);
      return all;
    }();
    return made;
  }

  Stream* find(std::int32_t id) const {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session_, id));
  }

  static int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, of(user).take_stream());
    return 0;
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                       void* user) {
    if (std::string_view{reinterpret_cast<const char*>(name), name_size} != ":path") return 0;
    const auto found = kMethods.find({reinterpret_cast<const char*>(value), value_size});
    if (Stream* stream = of(user).find(frame->hd.stream_id); stream != nullptr && found != kMethods.end()) {
      stream->method = found->second;
    }
    return 0;
  }

  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                     std::size_t size, void* user) {
    Stream* stream = of(user).find(id);
    if (stream == nullptr) return 0;
    stream->in.append(reinterpret_cast<const char*>(data), size);
    of(user).take_messages(id, *stream);
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    const bool carries = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (!carries || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    if (Stream* stream = of(user).find(frame->hd.stream_id))
      of(user).end_request(frame->hd.stream_id, *stream);
    return 0;
  }

  static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
    if (Stream* stream = of(user).find(id)) of(user).keep(stream);
    return 0;
  }

  Stream* take_stream() {
    if (free_.empty()) return streams_.emplace_back(new Stream);
    Stream* stream = free_.back();
    free_.pop_back();
    return stream;
  }

  void keep(Stream* stream) {
    std::string in = std::move(stream->in);
    std::string out = std::move(stream->out);
    *stream = Stream{};
    if (in.capacity() <= kKeptBytes) (stream->in = std::move(in)).clear();
    if (out.capacity() <= kKeptBytes) (stream->out = std::move(out)).clear();
    free_.push_back(stream);
  }

  void end_request(std::int32_t id, Stream& stream) {
    stream.request_ended = true;
    if (stream.method == Method::kUnknown) {
      nghttp2_submit_response(session_, id, kUnimplemented.data(), kUnimplemented.size(), nullptr);
    } else {
      respond(id, stream);
    }
  }

  void respond(std::int32_t id, Stream& stream) {
    if (!std::exchange(stream.responding, true)) {
      nghttp2_data_provider provider{.source = {.ptr = &stream}, .read_callback = on_read};
      nghttp2_submit_response(session_, id, kResponseFields.data(), kResponseFields.size(), &provider);
    } else if (std::exchange(stream.deferred, false)) {
      nghttp2_session_resume_data(session_, id);
    }
  }

  void take_messages(std::int32_t id, Stream& stream) {
    std::size_t at = 0;
    while (stream.in.size() - at >= kPrefixBytes) {
      const std::size_t size = announced_size(stream.in, at);
      if (stream.in.size() - at < kPrefixBytes + size) {
        if (size <= bench::kMaxMessageBytes) stream.in.reserve(at + kPrefixBytes + size);
        break;
      }
      stream.failed |= !take_message(stream, {stream.in.data() + at + kPrefixBytes, size});
      at += kPrefixBytes + size;
    }
    stream.in.erase(0, at);
    if (at > 0 && stream.method == Method::kStreamingPredict) respond(id, stream);
  }

  bool take_message(Stream& stream, std::string_view message) {
    arena().Reset();
    switch (stream.method) {
      case Method::kPredict:
      case Method::kStreamingPredict:
        return answer<inference::PredictRequest, inference::PredictResponse>(stream, message, bench::predict);
      case Method::kBatchPredict:
        return answer<inference::BatchPredictRequest, inference::BatchPredictResponse>(stream, message,
                                                                                       bench::predict_batch);
      case Method::kGenerate:
        return stream.generate.ParseFromArray(message.data(), static_cast<int>(message.size()));
      case Method::kUnknown:
        break;
    }
    return true;
  }

  template <typename Request, typename Response>
  bool answer(Stream& stream, std::string_view message, void (*compute)(const Request&, Response&)) {
    auto* request = Arena::CreateMessage<Request>(&arena());
    if (!request->ParseFromArray(message.data(), static_cast<int>(message.size()))) return false;
    auto* response = Arena::CreateMessage<Response>(&arena());
    compute(*request, *response);
    append_framed(stream.out, *response);
    return true;
  }

  static ssize_t on_read(nghttp2_session* session, std::int32_t id, std::uint8_t* into, std::size_t room,
                         std::uint32_t* flags, nghttp2_data_source* source, void*) {
    Stream& stream = *static_cast<Stream*>(source->ptr);
    if (stream.method == Method::kGenerate) generate(stream, room);
    const std::size_t size = std::min(room, stream.out.size() - stream.sent);
    std::copy_n(stream.out.data() + stream.sent, size, reinterpret_cast<char*>(into));
    stream.sent += size;
    if (stream.sent == stream.out.size()) {
      stream.out.clear();
      stream.sent = 0;
      if (stream.request_ended && stream.tokens >= stream.generate.max_tokens()) {
        *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
        const auto& trailers = stream.failed ? kInternal : kOk;
        nghttp2_submit_trailer(session, id, trailers.data(), trailers.size());
      } else if (size == 0) {
        stream.deferred = true;
        return NGHTTP2_ERR_DEFERRED;
      }
    }
    return static_cast<ssize_t>(size);
  }

  static void generate(Stream& stream, std::size_t room) {
    static inference::GenerateToken token;  // one thread
    while (stream.tokens < stream.generate.max_tokens() && stream.out.size() - stream.sent < room) {
      token.Clear();
      bench::make_token(stream.generate, ++stream.tokens, token);
      append_framed(stream.out, token);
    }
  }

  static constexpr std::size_t kKeptBytes = 64 * 1024;

  nghttp2_session* session_ = nullptr;
  const std::byte* room_ = nullptr;
  std::vector<Stream*> streams_;
  std::vector<Stream*> free_;
};

std::unique_ptr<bench::Session> make_session() { return std::make_unique<Nghttp2Session>(); }

}  // namespace

int main(int count, char** arguments) {
  return bench::serve_reference(count, arguments, "InferenceService on libnghttp2, a reference.",
                                make_session);
}
