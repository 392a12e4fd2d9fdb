#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace bench {

enum class Load : std::uint8_t {
  kClosed,   // so many calls in flight on each connection, each followed by the next
  kOpen,     // a rate; latency counts from when a call was to be sent
  kStreams,  // bidirectional streams with so many messages in flight on each
  kChurn,    // connect, one call, close, again
  kIdle,     // connections, and streams on them, that are opened and left alone
};

enum class Method : std::uint8_t { kPredict, kBatchPredict, kGenerate, kStreamingPredict };

struct Plan {
  std::uint16_t port = 0;
  bool tls = false;
  bool resumes = false;  // TLS sessions, where the server offers them
  bool raw = false;      // raw_protocol.h instead of HTTP/2
  pid_t server_pid = 0;
  Load load = Load::kClosed;
  Method method = Method::kPredict;
  unsigned connections = 1;
  unsigned in_flight = 1;  // calls on a connection, or messages on a stream
  unsigned streams = 1;    // on a connection
  double rate = 0;         // calls a second, of the open loop
  unsigned features = 1;
  unsigned raw_bytes = 0;
  unsigned batch = 0;
  unsigned max_tokens = 0;
  double warm_up_s = 0.3;
  double duration_s = 1;
  double settle_s = 0.5;  // of idle connections and streams, before the memory is read
};

/// The one request message that every call of the plan carries, without a prefix.
std::string request_message(const Plan& plan);
/// How many messages answer it.
unsigned expected_messages(const Plan& plan);
/// Whether that is the first message of the answer, field by field.
bool is_expected_answer(const Plan& plan, std::string_view message);

}  // namespace bench
