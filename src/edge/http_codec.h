#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/http_message.h"

namespace parlance::edge {

/// What is wrong with a request, as the answer to it.
struct HttpRefusal {
  unsigned status = 400;
  std::string why;
};

/// Reads the requests of one connection, one after the other; sans-IO. Boost.Beast's parser behind a door of
/// our own.
class HttpParser {
 public:
  struct Limits {
    std::size_t header_bytes;
    std::size_t body_bytes;  // without its transfer coding
  };

  explicit HttpParser(Limits limits);
  ~HttpParser();

  /// Takes what it can use of `bytes` and says how much that was; the rest, more behind it, is to be given
  /// again. Never looks past the end of a request.
  std::size_t feed(std::string_view bytes);

  /// The request is here with all of its body. Once: the parser then waits for the next.
  std::optional<HttpRequest> take();
  /// Why there will be none; the connection is of no use any more.
  const std::optional<HttpRefusal>& refusal() const { return refusal_; }
  /// A request has begun and is not complete.
  bool in_request() const;
  /// The client waits for a 100 (Continue) before it sends the body. Once a request.
  bool take_expectation();
  /// Of the request taken last: whether another may follow it, and its version (11 is HTTP/1.1).
  bool keeps_alive() const { return keeps_alive_; }
  unsigned version() const { return version_; }

 private:
  struct Message;

  const Limits limits_;
  std::unique_ptr<Message> message_;
  std::optional<HttpRefusal> refusal_;
  bool keeps_alive_ = true;
  unsigned version_ = 11;
};

/// How an answer goes out.
struct HttpFraming {
  enum class Body : std::uint8_t {
    kWhole,
    kNone,        // it answers HEAD
    kChunked,     // follows in chunks
    kUntilClose,  // follows, and ends with the connection
  };
  unsigned version = 11;
  bool keep_alive = true;
  Body body = Body::kWhole;
};

/// The bytes of a response: its header, and behind it the body if that is kWhole.
std::string serialize(const HttpResponse& response, const HttpFraming& framing);
/// A piece of a chunked body (RFC 9112 section 7.1), which is not empty, and what follows the last one.
void append_chunk(std::string& output, std::string_view text);
std::string_view last_chunk();
/// Now, as the Date field has it (RFC 9110 section 5.6.7).
std::string http_date();
/// "HTTP/1.1 100 Continue".
std::string_view continue_response();

}  // namespace parlance::edge
