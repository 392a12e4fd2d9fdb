#pragma once

#include <memory>
#include <string>

#include "grpc/testing/test.parlance.h"
#include "services/load_figures.h"

namespace parlance::interop {

/// grpc.testing.TestService as gRPC's interop test descriptions want it
/// (grpc/doc/interop-test-descriptions.md).
class TestService final : public ::grpc::testing::TestService::Handler {
 public:
  /// `figures`: where the load that callers ask for goes, to be told out of band.
  explicit TestService(std::shared_ptr<services::LoadFigures> figures);

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
  const std::shared_ptr<services::LoadFigures> figures_;
};

}  // namespace parlance::interop
