#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <string>

#include "grpc/testing/test.grpc.pb.h"

// Exported by libgrpc for its own interop tests, in none of its headers.
std::uint32_t grpc_call_test_only_get_message_flags(grpc_call* call);

namespace parlance::interop {

namespace pb = ::grpc::testing;

/// Whether the last message that came on that call was compressed.
inline bool came_compressed(grpc_call* call) {
  constexpr std::uint32_t kCompressed = 0x4000'0000U;  // GRPC_WRITE_INTERNAL_TEST_ONLY_WAS_COMPRESSED
  return (grpc_call_test_only_get_message_flags(call) & kCompressed) != 0;
}

/// grpc.testing.TestService on the synchronous API of grpc++: the counterpart of test_service.h.
class GrpcppTestService final : public pb::grpcpp::TestService::Service {
 public:
  using Status = ::grpc::Status;
  using Context = ::grpc::ServerContext;

  Status EmptyCall(Context* context, const pb::Empty* request, pb::Empty* response) override;
  Status UnaryCall(Context* context, const pb::SimpleRequest* request, pb::SimpleResponse* response) override;
  Status CacheableUnaryCall(Context* context, const pb::SimpleRequest* request,
                            pb::SimpleResponse* response) override;
  Status StreamingOutputCall(Context* context, const pb::StreamingOutputCallRequest* request,
                             ::grpc::ServerWriter<pb::StreamingOutputCallResponse>* out) override;
  Status StreamingInputCall(Context* context, ::grpc::ServerReader<pb::StreamingInputCallRequest>* in,
                            pb::StreamingInputCallResponse* response) override;
  using Stream = ::grpc::ServerReaderWriter<pb::StreamingOutputCallResponse, pb::StreamingOutputCallRequest>;
  Status FullDuplexCall(Context* context, Stream* stream) override;
  Status HalfDuplexCall(Context* context, Stream* stream) override;
};

}  // namespace parlance::interop
