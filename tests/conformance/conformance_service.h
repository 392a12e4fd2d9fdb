#pragma once

#include "connectrpc/conformance/v1/service.parlance.h"

namespace parlance::conformance {

/// ConformanceService as service.proto describes it: each call is answered as its first request says.
class ConformanceService final : public ::connectrpc::conformance::v1::ConformanceService::Handler {
 public:
  using UnaryRequest = ::connectrpc::conformance::v1::UnaryRequest;
  using UnaryResponse = ::connectrpc::conformance::v1::UnaryResponse;
  using IdempotentUnaryRequest = ::connectrpc::conformance::v1::IdempotentUnaryRequest;
  using IdempotentUnaryResponse = ::connectrpc::conformance::v1::IdempotentUnaryResponse;
  using ClientStreamRequest = ::connectrpc::conformance::v1::ClientStreamRequest;
  using ClientStreamResponse = ::connectrpc::conformance::v1::ClientStreamResponse;
  using ServerStreamRequest = ::connectrpc::conformance::v1::ServerStreamRequest;
  using ServerStreamResponse = ::connectrpc::conformance::v1::ServerStreamResponse;
  using BidiStreamRequest = ::connectrpc::conformance::v1::BidiStreamRequest;
  using BidiStreamResponse = ::connectrpc::conformance::v1::BidiStreamResponse;

  Task<Result<UnaryResponse>> Unary(ServerCall& call, Incoming<UnaryRequest> request) override;
  Task<Result<IdempotentUnaryResponse>> IdempotentUnary(ServerCall& call,
                                                        Incoming<IdempotentUnaryRequest> request) override;
  Task<Result<ClientStreamResponse>> ClientStream(ServerCall& call, Reader<ClientStreamRequest>& in) override;
  Task<Status> ServerStream(ServerCall& call, Incoming<ServerStreamRequest> request,
                            Writer<ServerStreamResponse>& out) override;
  Task<Status> BidiStream(ServerCall& call, Reader<BidiStreamRequest>& in,
                          Writer<BidiStreamResponse>& out) override;
};

}  // namespace parlance::conformance
