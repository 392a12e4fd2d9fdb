#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "grpc/metadata.h"
#include "http2/connection_test_support.h"

namespace parlance::faults {

using http2::test::Texts;
using http2::test::Wire;

/// A server made of bytes, for what no well-behaved server does. Takes one connection after the other.
class RawServer {
 public:
  struct Script {
    /// Sent at once.
    std::string greeting = Wire::settings();
    /// Sent for each request's HEADERS; null: nothing is.
    std::function<std::string(http2::StreamId)> answer = {};
    /// The connection ends behind the answer, or behind the greeting when there is none.
    bool then_close = false;
  };
  explicit RawServer(Script script);
  /// Ends every connection.
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  std::string target() const;

 private:
  void serve();
  void converse(int peer) const;

  const Script script_;
  const int listener_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

/// What became of a raw request.
struct RawAnswer {
  Status status;
  int http_status = 0;
  grpc::Metadata trailers;
};

/// Sends one request as it stands: fields that no client would send, bytes that are no messages. Fails after
/// 30 s without an end.
RawAnswer ask_raw(const std::string& target, const Texts& fields, std::string_view body);

/// The fields of a call of `path`; those of `other` replace or follow them.
Texts request_fields(std::string_view path, const Texts& other = {});

/// A message behind its prefix, which may lie.
std::string framed(std::string_view payload, unsigned flag = 0, int announced_bytes = -1);

}  // namespace parlance::faults
