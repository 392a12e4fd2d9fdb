#include "grpcpp_server.h"

#include <chrono>
#include <thread>

#include "base/assert.h"

namespace parlance::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

void echo_metadata(::grpc::ServerContext& context) {
  for (const auto& [name, value] : context.client_metadata()) {
    if (!name.starts_with("x-")) continue;
    context.AddInitialMetadata({name.data(), name.size()}, {value.data(), value.size()});
    context.AddTrailingMetadata({name.data(), name.size()}, {value.data(), value.size()});
  }
}

// The serialised google.rpc.Status {1 code, 2 message, 3 details}. The test service's Failure has the fields
// 1 and 2 in common with it, and its details stand in field 6.
std::string details_of(const Failure& failure) {
  std::string serialized;
  Failure head;
  head.set_code(failure.code());
  head.set_message(failure.message());
  head.AppendToString(&serialized);
  for (const auto& detail : failure.details()) {
    const std::string any = detail.SerializeAsString();
    serialized += '\x1a';
    require(any.size() < 128, "a short detail");
    serialized += static_cast<char>(any.size());
    serialized += any;
  }
  return serialized;
}

::grpc::Status to_status(const Failure& failure) {
  return {static_cast<::grpc::StatusCode>(failure.code()), failure.message(),
          failure.details().empty() ? std::string{} : details_of(failure)};
}

void answer(const ::grpc::ServerContext& context, const EchoRequest& request, std::int64_t requests,
            EchoResponse& response) {
  response.set_text(request.text());
  if (request.response_bytes() > 0) {
    response.mutable_payload()->assign(static_cast<std::size_t>(request.response_bytes()), 'x');
  } else {
    response.set_payload(request.payload());
  }
  response.set_requests(requests);
  const bool endless = context.deadline() == system_clock::time_point::max();
  const auto remaining = context.deadline() - system_clock::now();
  response.set_time_remaining_ms(endless ? -1 : std::chrono::ceil<milliseconds>(remaining).count());
  response.set_peer(context.peer());
}

::grpc::Status obey(::grpc::ServerContext& context, const EchoRequest& request) {
  if (request.echo_metadata()) echo_metadata(context);
  if (request.sleep_ms() > 0) std::this_thread::sleep_for(milliseconds{request.sleep_ms()});
  return request.has_failure() ? to_status(request.failure()) : ::grpc::Status::OK;
}

}  // namespace

class GrpcppEcho::Running {
 public:
  Running(GrpcppEcho& echo, const ::grpc::ServerContext& context) : echo_(echo), context_(context) {
    ++echo_.running;
  }
  ~Running() {
    if (context_.IsCancelled()) ++echo_.cancelled;
    --echo_.running;
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  GrpcppEcho& echo_;
  const ::grpc::ServerContext& context_;
};

::grpc::Status GrpcppEcho::Unary(::grpc::ServerContext* context, const EchoRequest* request,
                                 EchoResponse* response) {
  const Running counted{*this, *context};
  if (::grpc::Status status = obey(*context, *request); !status.ok()) return status;
  answer(*context, *request, 1, *response);
  return ::grpc::Status::OK;
}

::grpc::Status GrpcppEcho::ClientStreaming(::grpc::ServerContext* context,
                                           ::grpc::ServerReader<EchoRequest>* reader,
                                           EchoResponse* response) {
  const Running counted{*this, *context};
  EchoRequest request;
  EchoRequest last;
  std::int64_t requests = 0;
  while (reader->Read(&request)) {
    ++requests;
    last = request;
    if (::grpc::Status status = obey(*context, last); !status.ok()) return status;
  }
  answer(*context, last, requests, *response);
  return ::grpc::Status::OK;
}

::grpc::Status GrpcppEcho::ServerStreaming(::grpc::ServerContext* context, const EchoRequest* request,
                                           ::grpc::ServerWriter<EchoResponse>* writer) {
  const Running counted{*this, *context};
  if (request->echo_metadata()) echo_metadata(*context);
  EchoResponse response;
  answer(*context, *request, 1, response);
  for (int i = 0; i < request->response_count() && writer->Write(response); ++i) {
    std::this_thread::sleep_for(milliseconds{request->sleep_ms()});
  }
  return request->has_failure() ? to_status(request->failure()) : ::grpc::Status::OK;
}

::grpc::Status GrpcppEcho::Bidi(::grpc::ServerContext* context,
                                ::grpc::ServerReaderWriter<EchoResponse, EchoRequest>* stream) {
  const Running counted{*this, *context};
  EchoRequest request;
  EchoResponse response;
  std::int64_t requests = 0;
  while (stream->Read(&request)) {
    if (::grpc::Status status = obey(*context, request); !status.ok()) return status;
    answer(*context, request, ++requests, response);
    if (!stream->Write(response)) break;
  }
  return ::grpc::Status::OK;
}

void GrpcppEcho::wait_until_cancelled(const ::grpc::ServerContext& context) {
  const Running counted{*this, context};
  while (!context.IsCancelled()) std::this_thread::sleep_for(milliseconds{1});
}

::grpc::Status GrpcppEcho::UntilCancelled(::grpc::ServerContext* context, const EchoRequest*, EchoResponse*) {
  wait_until_cancelled(*context);
  return ::grpc::Status::CANCELLED;
}

::grpc::Status GrpcppEcho::Flood(::grpc::ServerContext* context, const EchoRequest* request,
                                 ::grpc::ServerWriter<EchoResponse>* writer) {
  const Running counted{*this, *context};
  EchoResponse response;
  answer(*context, *request, 1, response);
  while (writer->Write(response)) ++messages_flooded;
  return ::grpc::Status::OK;
}

::grpc::Status GrpcppEcho::NeverRead(::grpc::ServerContext* context, ::grpc::ServerReader<EchoRequest>*,
                                     EchoResponse*) {
  wait_until_cancelled(*context);
  return ::grpc::Status::CANCELLED;
}

GrpcppServer::GrpcppServer(int port, const std::function<void(::grpc::ServerBuilder&)>& configure)
    : port_(port) {
  ::grpc::ServerBuilder builder;
  builder.AddListeningPort(target(), ::grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(&echo_);
  builder.SetMaxReceiveMessageSize(-1);
  configure(builder);
  server_ = builder.BuildAndStart();
  require(server_ != nullptr && port_ != 0, "GrpcppServer: cannot start");
}

GrpcppServer::~GrpcppServer() { stop(); }

void GrpcppServer::stop() {
  if (server_ == nullptr) return;
  server_->Shutdown(system_clock::now());
  server_->Wait();
  server_.reset();
}

}  // namespace parlance::testing
