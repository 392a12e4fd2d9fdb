#pragma once

#include <string>

#include "grpc/testing/test.parlance.h"

namespace parlance::interop {

/// grpc.testing.TestService as gRPC's interop test descriptions want it
/// (grpc/doc/interop-test-descriptions.md).
class TestService final : public ::grpc::testing::TestService::Handler {
 public:
  TestService();

  using Empty = ::grpc::testing::Empty;
  using SimpleRequest = ::grpc::testing::SimpleRequest;
  using SimpleResponse = ::grpc::testing::SimpleResponse;
  using InputRequest = ::grpc::testing::StreamingInputCallRequest;
  using InputResponse = ::grpc::testing::StreamingInputCallResponse;
  using OutputRequest = ::grpc::testing::StreamingOutputCallRequest;
  using OutputResponse = ::grpc::testing::StreamingOutputCallResponse;

  Task<Result<Empty>> EmptyCall(ServerCall& call, Incoming<Empty> request) override;
  Task<Result<SimpleResponse>> UnaryCall(ServerCall& call, Incoming<SimpleRequest> request) override;
  Task<Result<SimpleResponse>> CacheableUnaryCall(ServerCall& call, Incoming<SimpleRequest> request) override;
  Task<Status> StreamingOutputCall(ServerCall& call, Incoming<OutputRequest> request,
                                   Writer<OutputResponse>& out) override;
  Task<Result<InputResponse>> StreamingInputCall(ServerCall& call, Reader<InputRequest>& in) override;
  Task<Status> FullDuplexCall(ServerCall& call, Reader<OutputRequest>& in,
                              Writer<OutputResponse>& out) override;
  Task<Status> HalfDuplexCall(ServerCall& call, Reader<OutputRequest>& in,
                              Writer<OutputResponse>& out) override;

 private:
  const std::string server_id_;
};

}  // namespace parlance::interop
