#pragma once

#include <atomic>

#include "testing/echo.parlance.h"

namespace parlance::testing {

/// parlance.testing.Echo: does what each request asks of it (tests/protos/testing/echo.proto) and counts what
/// its handlers saw.
class EchoService final : public Echo::Handler {
 public:
  Task<Result<EchoResponse>> Unary(ServerCall& call, Incoming<EchoRequest> request) override;
  Task<Result<EchoResponse>> ClientStreaming(ServerCall& call, Reader<EchoRequest>& in) override;
  Task<Status> ServerStreaming(ServerCall& call, Incoming<EchoRequest> request,
                               Writer<EchoResponse>& out) override;
  Task<Status> Bidi(ServerCall& call, Reader<EchoRequest>& in, Writer<EchoResponse>& out) override;
  Task<Result<EchoResponse>> UntilCancelled(ServerCall& call, Incoming<EchoRequest> request) override;
  Task<Status> Flood(ServerCall& call, Incoming<EchoRequest> request, Writer<EchoResponse>& out) override;
  Task<Result<EchoResponse>> NeverRead(ServerCall& call, Reader<EchoRequest>& in) override;
  Task<Result<Observations>> Observe(ServerCall& call, Incoming<ObserveRequest> request) override;

 private:
  struct Counters {
    std::atomic<std::int64_t> started = 0;
    std::atomic<std::int64_t> running = 0;
    std::atomic<std::int64_t> cancelled = 0;
    std::atomic<std::int64_t> messages_flooded = 0;
  };
  class Counted;

  Counters counters_;
};

}  // namespace parlance::testing
