#include "edge/http_codec.h"

#include <boost/beast/http.hpp>
#include <charconv>
#include <ctime>
#include <utility>

#include "base/concat.h"
#include "base/version.h"

namespace parlance::edge {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

HttpRefusal refusal_of(const error_code& error, const HttpParser::Limits& limits) {
  if (error == http::error::header_limit) {
    return {431, concat("the header is larger than ", limits.header_bytes, " bytes")};
  }
  if (error == http::error::body_limit) {
    return {413, concat("the body is larger than ", limits.body_bytes, " bytes (max_receive_message_bytes)")};
  }
  if (error == http::error::bad_version) return {505, "the server speaks HTTP/1.1 and HTTP/1.0"};
  if (error == http::error::bad_transfer_encoding) {
    return {400, "Transfer-Encoding is chunked alone, and then there is no Content-Length"};
  }
  return {400, concat("not an HTTP/1.1 request: ", error.message())};
}

// The last chunk and the end of an empty trailer. Beast asserts that it is given as much once it has seen the
// chunk begin; whatever is left of a chunked body has as many bytes, so waiting for them delays nothing.
constexpr std::size_t kLeastChunkBytes = 5;

}  // namespace

struct HttpParser::Message {
  explicit Message(const Limits& limits) {
    parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    parser.body_limit(limits.body_bytes);
    parser.eager(true);
  }
  http::request_parser<http::string_body> parser;
  bool begun = false;
  bool expectation_taken = false;
};

HttpParser::HttpParser(Limits limits) : limits_(limits), message_(std::make_unique<Message>(limits_)) {}
HttpParser::~HttpParser() = default;

std::size_t HttpParser::feed(std::string_view bytes) {
  std::size_t taken = 0;
  // An empty line before a request is let through (RFC 9112 section 2.2).
  while (!message_->begun && bytes.substr(taken).starts_with("\r\n")) taken += 2;
  const bool is_half_a_line_end = !message_->begun && bytes.substr(taken) == "\r";
  if (bytes.size() == taken || is_half_a_line_end || refusal_ || message_->parser.is_done()) return taken;
  message_->begun = true;
  const bool in_chunks = message_->parser.is_header_done() && message_->parser.chunked();
  if (in_chunks && bytes.size() - taken < kLeastChunkBytes) return taken;
  error_code error;
  taken += message_->parser.put(boost::asio::buffer(bytes.data() + taken, bytes.size() - taken), error);
  if (error && error != http::error::need_more) refusal_ = refusal_of(error, limits_);
  return taken;
}

bool HttpParser::in_request() const { return message_->begun; }

bool HttpParser::take_expectation() {
  const auto& parser = message_->parser;
  if (!parser.is_header_done() || parser.is_done() || message_->expectation_taken) return false;
  const std::string_view expected = view(parser.get()[http::field::expect]);
  message_->expectation_taken = true;
  return boost::beast::iequals(expected, "100-continue");
}

std::optional<HttpRequest> HttpParser::take() {
  if (refusal_ || !message_->parser.is_done()) return std::nullopt;
  auto& received = message_->parser.get();
  keeps_alive_ = received.keep_alive();
  version_ = received.version();
  auto target = parse_target(view(received.target()));
  if (!target) {
    refusal_ = {400, "the request target is not a path"};
  } else if (version_ >= 11 && received.count(http::field::host) != 1) {
    refusal_ = {400, "a request has one Host field"};  // RFC 9112 section 3.2
  }
  if (refusal_) return std::nullopt;
  HttpRequest request{.method = std::string{view(received.method_string())},
                      .path = std::move(target->path),
                      .query = std::move(target->query),
                      .fields = {},
                      .body = std::move(received.body()),
                      .peer = {}};
  for (const auto& field : received) {
    request.fields.push_back({std::string{view(field.name_string())}, std::string{view(field.value())}});
  }
  message_ = std::make_unique<Message>(limits_);
  return request;
}

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[40];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

std::string serialize(const HttpResponse& response, const HttpFraming& framing) {
  http::response<http::string_body> message;
  message.version(framing.version);
  message.result(response.status);
  message.set(http::field::server, concat("parlance/", kVersion));
  message.set(http::field::date, http_date());
  message.set(http::field::content_type, response.content_type);
  for (const HttpField& field : response.fields) message.insert(field.name, field.value);
  message.keep_alive(framing.keep_alive);
  const bool is_whole = framing.body == HttpFraming::Body::kWhole;
  if (is_whole || framing.body == HttpFraming::Body::kNone) message.content_length(response.body.size());
  if (framing.body == HttpFraming::Body::kChunked) message.chunked(true);
  if (is_whole) message.body() = response.body;

  http::response_serializer<http::string_body> serializer{message};
  serializer.split(true);
  std::string bytes;
  error_code error;
  while (!(is_whole ? serializer.is_done() : serializer.is_header_done())) {
    std::size_t size_bytes = 0;
    serializer.next(error, [&](error_code&, const auto& buffers) {
      for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
        bytes.append(static_cast<const char*>(buffer.data()), buffer.size());
        size_bytes += buffer.size();
      }
    });
    if (error) break;  // the body is whole: the end of it
    serializer.consume(size_bytes);
  }
  return bytes;
}

void append_chunk(std::string& output, std::string_view text) {
  char size[20];
  const auto end = std::to_chars(size, std::end(size), text.size(), 16).ptr;
  output.append(size, end).append("\r\n").append(text).append("\r\n");
}

std::string_view last_chunk() { return "0\r\n\r\n"; }

std::string_view continue_response() { return "HTTP/1.1 100 Continue\r\n\r\n"; }

}  // namespace parlance::edge
