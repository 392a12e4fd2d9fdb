#include "grpcpp_test_service.h"

#include <chrono>
#include <thread>
#include <vector>

namespace parlance::interop {
namespace {

constexpr const char* kEchoInitial = "x-grpc-test-echo-initial";
constexpr const char* kEchoTrailing = "x-grpc-test-echo-trailing-bin";

std::string text(const ::grpc::string_ref& value) { return {value.data(), value.size()}; }

void echo_metadata(::grpc::ServerContext& context) {
  const auto& metadata = context.client_metadata();
  if (const auto found = metadata.find(kEchoInitial); found != metadata.end()) {
    context.AddInitialMetadata(kEchoInitial, text(found->second));
  }
  if (const auto found = metadata.find(kEchoTrailing); found != metadata.end()) {
    context.AddTrailingMetadata(kEchoTrailing, text(found->second));
  }
}

::grpc::Status status_of(const pb::EchoStatus& wanted) {
  return {static_cast<::grpc::StatusCode>(wanted.code()), wanted.message()};
}

template <typename Message>
bool came_as_expected(::grpc::ServerContext& context, const Message& message) {
  return !message.has_expect_compressed() ||
         message.expect_compressed().value() == came_compressed(context.c_call());
}

::grpc::Status not_as_expected() {
  return {::grpc::StatusCode::INVALID_ARGUMENT,
          "the request is not compressed as its expect_compressed says"};
}

void set_body(pb::Payload& payload, std::int32_t size) {
  payload.mutable_body()->assign(static_cast<std::size_t>(size), '\0');
}

// False when nobody reads on.
template <typename Writer>
bool write_responses(const pb::StreamingOutputCallRequest& request, Writer& out) {
  for (const auto& wanted : request.response_parameters()) {
    std::this_thread::sleep_for(std::chrono::microseconds{wanted.interval_us()});
    pb::StreamingOutputCallResponse response;
    set_body(*response.mutable_payload(), wanted.size());
    ::grpc::WriteOptions options;
    if (!wanted.compressed().value()) options.set_no_compression();
    if (!out.Write(response, options)) return false;
  }
  return true;
}

}  // namespace

::grpc::Status GrpcppTestService::EmptyCall(Context*, const pb::Empty*, pb::Empty*) {
  return ::grpc::Status::OK;
}

::grpc::Status GrpcppTestService::UnaryCall(Context* context, const pb::SimpleRequest* request,
                                            pb::SimpleResponse* response) {
  echo_metadata(*context);
  if (!came_as_expected(*context, *request)) return not_as_expected();
  if (request->response_compressed().value()) context->set_compression_algorithm(GRPC_COMPRESS_GZIP);
  set_body(*response->mutable_payload(), request->response_size());
  if (request->fill_server_id()) response->set_server_id("grpc++");
  return status_of(request->response_status());
}

::grpc::Status GrpcppTestService::CacheableUnaryCall(Context* context, const pb::SimpleRequest* request,
                                                     pb::SimpleResponse* response) {
  context->AddInitialMetadata("cache-control", "max-age=60, public");
  return UnaryCall(context, request, response);
}

::grpc::Status GrpcppTestService::StreamingOutputCall(
    Context* context, const pb::StreamingOutputCallRequest* request,
    ::grpc::ServerWriter<pb::StreamingOutputCallResponse>* out) {
  context->set_compression_algorithm(GRPC_COMPRESS_GZIP);
  write_responses(*request, *out);
  return status_of(request->response_status());
}

::grpc::Status GrpcppTestService::StreamingInputCall(Context* context,
                                                     ::grpc::ServerReader<pb::StreamingInputCallRequest>* in,
                                                     pb::StreamingInputCallResponse* response) {
  std::size_t size = 0;
  for (pb::StreamingInputCallRequest request; in->Read(&request);) {
    if (!came_as_expected(*context, request)) return not_as_expected();
    size += request.payload().body().size();
  }
  response->set_aggregated_payload_size(static_cast<std::int32_t>(size));
  return ::grpc::Status::OK;
}

::grpc::Status GrpcppTestService::FullDuplexCall(Context* context, Stream* stream) {
  echo_metadata(*context);
  context->set_compression_algorithm(GRPC_COMPRESS_GZIP);
  for (pb::StreamingOutputCallRequest request; stream->Read(&request);) {
    if (request.response_status().code() != 0) return status_of(request.response_status());
    if (!write_responses(request, *stream)) break;
  }
  return ::grpc::Status::OK;
}

::grpc::Status GrpcppTestService::HalfDuplexCall(Context*, Stream* stream) {
  std::vector<pb::StreamingOutputCallRequest> requests;
  for (pb::StreamingOutputCallRequest request; stream->Read(&request);) requests.push_back(request);
  for (const auto& request : requests) {
    if (!write_responses(request, *stream)) break;
  }
  return ::grpc::Status::OK;
}

}  // namespace parlance::interop
