#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "testing/echo.grpc.pb.h"

namespace parlance::testing {

/// The test service on the synchronous API of grpc++.
class GrpcppEcho final : public grpcpp::Echo::Service {
 public:
  std::atomic<int> running = 0;
  std::atomic<int> cancelled = 0;
  std::atomic<int> messages_flooded = 0;

  ::grpc::Status Unary(::grpc::ServerContext* context, const EchoRequest* request,
                       EchoResponse* response) override;
  ::grpc::Status ClientStreaming(::grpc::ServerContext* context, ::grpc::ServerReader<EchoRequest>* reader,
                                 EchoResponse* response) override;
  ::grpc::Status ServerStreaming(::grpc::ServerContext* context, const EchoRequest* request,
                                 ::grpc::ServerWriter<EchoResponse>* writer) override;
  ::grpc::Status Bidi(::grpc::ServerContext* context,
                      ::grpc::ServerReaderWriter<EchoResponse, EchoRequest>* stream) override;
  ::grpc::Status UntilCancelled(::grpc::ServerContext* context, const EchoRequest* request,
                                EchoResponse* response) override;
  ::grpc::Status Flood(::grpc::ServerContext* context, const EchoRequest* request,
                       ::grpc::ServerWriter<EchoResponse>* writer) override;
  ::grpc::Status NeverRead(::grpc::ServerContext* context, ::grpc::ServerReader<EchoRequest>* reader,
                           EchoResponse* response) override;

 private:
  class Running;
  void wait_until_cancelled(const ::grpc::ServerContext& context);
};

/// A running grpc++ server of GrpcppEcho on the loopback.
class GrpcppServer {
 public:
  /// Port 0: a free one. `configure` may change the builder before the server is built.
  explicit GrpcppServer(
      int port = 0, const std::function<void(::grpc::ServerBuilder&)>& configure = [](auto&) {});
  ~GrpcppServer();

  GrpcppEcho& echo() { return echo_; }
  int port() const { return port_; }
  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }
  /// Open calls are cancelled at once, then the server is gone.
  void stop();

 private:
  GrpcppEcho echo_;
  int port_;
  std::unique_ptr<::grpc::Server> server_;
};

}  // namespace parlance::testing
