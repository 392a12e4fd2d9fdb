// Faults of what answers a client.

#include "faults.h"
#include "grpc/compression.h"
#include "net/testing/certificates.h"
#include "raw_peers.h"
#include "rpc/echo_test_support.h"

namespace parlance::faults {
namespace {

using namespace std::chrono_literals;
using http2::ErrorCode;
using http2::StreamId;
using testing::EchoClient;
using testing::EchoServer;
using testing::Text;
using testing::text;

constexpr std::uint8_t kEnd = http2::flags::kEndStream;
const Texts kResponse = {{":status", "200"}, {"content-type", "application/grpc"}};

ChannelOptions one_attempt(ChannelOptions options = {}) {
  options.enable_retries = false;
  return options;
}

Status call_peer(const std::string& target, ChannelOptions options) {
  const EchoClient client{Channel::open(target, std::move(options))};
  const Result<Text> reply = client.Unary(text("hello"), {.timeout = 30s}).wait();
  return reply ? Status{} : reply.error();
}

Status call_peer(RawServer::Script script, ChannelOptions options = {}) {
  const RawServer server{std::move(script)};
  return call_peer(server.target(), one_attempt(std::move(options)));
}

/// A server that answers each request with what `make` gives.
std::function<Status()> answered(std::function<std::string(StreamId)> make, bool then_close = false) {
  return [make = std::move(make), then_close] {
    return call_peer(RawServer::Script{.answer = make, .then_close = then_close});
  };
}

std::function<Status()> answered_with_headers(Texts fields, bool end = true) {
  return answered(
      [fields = std::move(fields), end](StreamId id) { return Wire{}.headers(id, fields, end ? kEnd : 0); });
}

/// A response of one message, as these bytes.
std::function<Status()> answered_with_body(std::string body, Texts more = {}) {
  return answered([body = std::move(body), more = std::move(more)](StreamId id) {
    Texts fields = kResponse;
    fields.insert(fields.end(), more.begin(), more.end());
    Wire wire;
    return wire.headers(id, fields) + Wire::data(id, body) + wire.headers(id, {{"grpc-status", "0"}}, kEnd);
  });
}

std::function<Status()> reset_with(ErrorCode code) {
  return answered([code](StreamId id) { return Wire::rst_stream(id, code); });
}

Status nobody_listens() {
  std::string target;
  {
    const EchoServer gone;
    target = gone.target();
  }
  return call_peer(target, one_attempt());
}

Status keepalive_timeout() {
  KeepaliveOptions keepalive;
  keepalive.time = 20ms;
  keepalive.timeout = 20ms;
  return call_peer(RawServer::Script{}, {.keepalive = keepalive});
}

// Of an unknown authority, or of another name.
Status tls_failure(bool wrong_name) {
  const net::testing::TemporaryFolder folder;
  const net::testing::CertificateAuthority authority{"an authority"};
  const net::testing::CertificateAuthority stranger{"another"};
  authority.write_certificate(folder.file("ca.pem"));
  stranger.write_certificate(folder.file("stranger.pem"));
  authority.issue("server", "DNS:localhost", folder.file("server.pem"), folder.file("server.key"));
  const EchoServer server{{.tls = TlsServerOptions{.certificate_file = folder.file("server.pem"),
                                                   .key_file = folder.file("server.key")}}};
  TlsClientOptions tls{.ca_file = folder.file(wrong_name ? "ca.pem" : "stranger.pem")};
  tls.server_name = wrong_name ? "models.example" : "localhost";
  return call_peer(server.target(), one_attempt({.tls = tls}));
}

Status response_headers_too_large() {
  ChannelOptions options;
  options.http2.max_header_list_bytes = 1000;
  const std::string large(2000, 'v');
  const auto answer = [&large](StreamId id) {
    Texts fields = kResponse;
    fields.emplace_back("x-large", large);
    return Wire{}.headers(id, fields);
  };
  return call_peer(RawServer::Script{.answer = answer}, std::move(options));
}

Status response_too_large() {
  const EchoServer server;
  const auto reply = server.client({.max_receive_message_bytes = 1000}).Bytes(testing::number(2000)).wait();
  return reply ? Status{} : reply.error();
}

// A message of many zeros.
Status bomb() {
  const Buffer zeros = Buffer::copy_of(as_bytes(std::string(1 << 20, '\0')));
  const Buffer message = grpc::compress_and_frame(grpc::Encoding::kGzip, zeros.bytes());
  const auto answer = [&message](StreamId id) {
    Texts fields = kResponse;
    fields.emplace_back("grpc-encoding", "gzip");
    return Wire{}.headers(id, fields) + Wire::data(id, as_text(message.bytes())) +
           Wire{}.headers(id, {{"grpc-status", "0"}}, kEnd);
  };
  return call_peer(RawServer::Script{.answer = answer}, {.max_receive_message_bytes = 100'000});
}

std::string goaway(StreamId last, ErrorCode code, std::string_view words = {}) {
  return Wire::goaway(last, code, words);
}

}  // namespace

std::vector<Fault> peer_faults() {
  using enum StatusCode;
  const Texts encoded = {{"grpc-encoding", "gzip"}};
  return {
      {"CONNECT_FAILED", kUnavailable, "client", {"target", "observed", "knob"}, nobody_listens},
      {"NO_HTTP2_SETTINGS",
       kUnavailable,
       "client",
       {"target", "limit", "knob"},
       [] { return call_peer(RawServer::Script{.greeting = ""}, {.connect_timeout = 50ms}); }},
      {"NOT_HTTP2",
       kUnavailable,
       "client",
       {"target", "http2_code"},
       [] { return call_peer(RawServer::Script{.greeting = "HTTP/1.1 400 Bad Request\r\n\r\n"}); }},
      {"CLOSED_BEFORE_SETTINGS",
       kUnavailable,
       "client",
       {"target", "observed", "knob"},
       [] { return call_peer(RawServer::Script{.greeting = "", .then_close = true}); }},
      {"TLS_HANDSHAKE_FAILED",
       kUnavailable,
       "client",
       {"target", "observed", "knob"},
       [] { return tls_failure(/*wrong_name=*/false); }},
      {"TLS_HANDSHAKE_FAILED",
       kUnavailable,
       "client",
       {"target", "observed", "knob"},
       [] { return tls_failure(/*wrong_name=*/true); }},

      {"HTTP_STATUS", kUnavailable, "client", {"observed"}, answered_with_headers({{":status", "503"}})},
      {"NOT_GRPC",
       kUnknown,
       "client",
       {"observed"},
       answered_with_headers({{":status", "200"}, {"content-type", "text/html"}}, /*end=*/false)},
      {"UNSUPPORTED_RESPONSE_ENCODING",
       kInternal,
       "client",
       {"limit", "observed"},
       answered_with_body(framed("x"), {{"grpc-encoding", "snappy"}})},
      {"INVALID_GRPC_STATUS",
       kUnknown,
       "client",
       {"observed"},
       answered_with_headers({{":status", "200"}, {"grpc-status", "fine"}})},
      {"MISSING_GRPC_STATUS", kUnknown, "client", {}, answered_with_headers(kResponse)},
      {"MISSING_TRAILERS", kInternal, "client", {}, answered([](StreamId id) {
         return Wire{}.headers(id, kResponse) + Wire::data(id, "", kEnd);
       })},
      {"METADATA_NOT_BASE64",
       kInternal,
       "client",
       {"observed"},
       answered_with_body(framed("x"), {{"x-some-bin", "!"}})},
      {"RESPONSE_HEADERS_TOO_LARGE",
       kResourceExhausted,
       "client",
       {"http2_code", "limit", "knob"},
       response_headers_too_large},

      {"RESPONSE_MISSING", kUnimplemented, "client", {"limit", "observed"}, answered_with_body("")},
      {"RESPONSE_NOT_SINGLE",
       kUnimplemented,
       "client",
       {"limit", "observed"},
       answered_with_body(framed("") + framed(""))},
      {"MESSAGE_CUT_OFF", kInternal, "client", {"observed"}, answered_with_body(framed("x", 0, 10))},
      {"INVALID_MESSAGE_PREFIX", kInternal, "client", {"observed"}, answered_with_body(framed("x", 7))},
      {"COMPRESSED_WITHOUT_ENCODING", kInternal, "client", {}, answered_with_body(framed("x", 1))},
      {"MESSAGE_NOT_DECOMPRESSIBLE",
       kInternal,
       "client",
       {"observed"},
       answered_with_body(framed("x", 1), encoded)},
      {"DECOMPRESSED_TOO_LARGE", kResourceExhausted, "client", {"limit", "knob"}, bomb},
      {"MESSAGE_TOO_LARGE", kResourceExhausted, "client", {"limit", "observed", "knob"}, response_too_large},
      {"MESSAGE_NOT_PARSABLE",
       kInternal,
       "client",
       {"limit", "observed"},
       answered_with_body(framed("\xff\xff\xff\xff"))},

      {"STREAM_REFUSED", kUnavailable, "client", {"http2_code"}, reset_with(ErrorCode::kRefusedStream)},
      {"STREAM_CANCELLED", kCancelled, "client", {"http2_code"}, reset_with(ErrorCode::kCancel)},
      {"EXCESSIVE_LOAD",
       kResourceExhausted,
       "client",
       {"http2_code"},
       reset_with(ErrorCode::kEnhanceYourCalm)},
      {"INADEQUATE_SECURITY",
       kPermissionDenied,
       "client",
       {"http2_code"},
       reset_with(ErrorCode::kInadequateSecurity)},
      {"STREAM_RESET", kInternal, "client", {"http2_code"}, reset_with(ErrorCode::kInternalError)},
      {"HTTP2_VIOLATION", kInternal, "client", {"http2_code", "observed"}, answered([](StreamId id) {
         return Wire::data(id, "before any headers");
       })},
      {"HTTP2_VIOLATION", kInternal, "client", {"http2_code", "observed"}, answered([](StreamId) {
         return Wire::frame(http2::FrameType::kPing, 0, 0, "short");
       })},
      {"GOAWAY_UNPROCESSED", kUnavailable, "client", {}, answered([](StreamId) {
         return goaway(0, ErrorCode::kNoError);
       })},
      {"GOAWAY_ERROR",
       kUnavailable,
       "client",
       {"http2_code", "observed"},
       answered([](StreamId id) { return goaway(id, ErrorCode::kInternalError, "out of order"); },
                /*then_close=*/true)},
      {"TOO_MANY_PINGS",
       kUnavailable,
       "client",
       {"http2_code", "knob"},
       answered([](StreamId id) { return goaway(id, ErrorCode::kEnhanceYourCalm, "too_many_pings"); },
                /*then_close=*/true)},
      {"CONNECTION_LOST",
       kUnavailable,
       "client",
       {"observed"},
       answered([](StreamId) { return std::string{}; }, /*then_close=*/true)},
      {"KEEPALIVE_TIMEOUT", kUnavailable, "client", {"limit", "knob"}, keepalive_timeout},
  };
}

}  // namespace parlance::faults
