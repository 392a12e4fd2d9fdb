// grpcpp-bench-server: InferenceService on the callback API of grpc++. Messages of unary calls come from
// arenas, as ours do.

#include <google/protobuf/arena.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/message_allocator.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "answers.h"
#include "parlance/inference.grpc.pb.h"

namespace {

using inference::BatchPredictRequest;
using inference::BatchPredictResponse;
using inference::GenerateRequest;
using inference::GenerateToken;
using inference::PredictRequest;
using inference::PredictResponse;

template <typename Request, typename Response>
class ArenaMessages final : public grpc::MessageAllocator<Request, Response> {
 public:
  grpc::MessageHolder<Request, Response>* AllocateMessages() override { return new Holder; }

 private:
  class Holder final : public grpc::MessageHolder<Request, Response> {
   public:
    Holder() {
      this->set_request(google::protobuf::Arena::CreateMessage<Request>(&arena_));
      this->set_response(google::protobuf::Arena::CreateMessage<Response>(&arena_));
    }
    void Release() override { delete this; }

   private:
    google::protobuf::Arena arena_;
  };
};

// Without buffer hints: in 1.51 a hinted write waits for other traffic on its connection.
class Tokens final : public grpc::ServerWriteReactor<GenerateToken> {
 public:
  explicit Tokens(const GenerateRequest& request) : request_(request) { write_next(); }
  void OnWriteDone(bool ok) override {
    if (ok) return write_next();
    Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  void write_next() {
    if (number_ == request_.max_tokens()) return Finish(grpc::Status::OK);
    bench::make_token(request_, ++number_, token_);
    StartWrite(&token_);
  }

  const GenerateRequest request_;
  GenerateToken token_;
  int number_ = 0;
};

class Predictions final : public grpc::ServerBidiReactor<PredictRequest, PredictResponse> {
 public:
  Predictions() { StartRead(&request_); }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    bench::predict(request_, response_);
    StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (ok) return StartRead(&request_);
    Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  PredictRequest request_;
  PredictResponse response_;
};

class Inference final : public inference::grpcpp::InferenceService::CallbackService {
 public:
  Inference() {
    SetMessageAllocatorFor_Predict(&predict_messages_);
    SetMessageAllocatorFor_BatchPredict(&batch_messages_);
  }

  grpc::ServerUnaryReactor* Predict(grpc::CallbackServerContext* context, const PredictRequest* request,
                                    PredictResponse* response) override {
    bench::predict(*request, *response);
    return finished(*context);
  }
  grpc::ServerUnaryReactor* BatchPredict(grpc::CallbackServerContext* context,
                                         const BatchPredictRequest* request,
                                         BatchPredictResponse* response) override {
    bench::predict_batch(*request, *response);
    return finished(*context);
  }
  grpc::ServerWriteReactor<GenerateToken>* Generate(grpc::CallbackServerContext*,
                                                    const GenerateRequest* request) override {
    return new Tokens{*request};
  }
  grpc::ServerBidiReactor<PredictRequest, PredictResponse>* StreamingPredict(
      grpc::CallbackServerContext*) override {
    return new Predictions;
  }

 private:
  static grpc::ServerUnaryReactor* finished(grpc::CallbackServerContext& context) {
    grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  ArenaMessages<PredictRequest, PredictResponse> predict_messages_;
  ArenaMessages<BatchPredictRequest, BatchPredictResponse> batch_messages_;
};

std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App app{"InferenceService without a model on grpc++."};
  int port = 0;
  int tls_port = 0;
  std::string certificate;
  std::string key;
  app.add_option("--port", port, "Plaintext; 0: a free one")->capture_default_str();
  CLI::Option* with_tls = app.add_option("--tls-port", tls_port, "TLS as well; 0: a free one");
  app.add_option("--cert", certificate, "PEM file")->needs(with_tls);
  app.add_option("--key", key, "PEM file")->needs(with_tls);
  CLI11_PARSE(app, count, arguments);

  Inference service;
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(bench::kMaxMessageBytes);
  builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials(), &port);
  if (!certificate.empty()) {
    grpc::SslServerCredentialsOptions options;
    options.pem_key_cert_pairs.push_back({content_of(key), content_of(certificate)});
    builder.AddListeningPort("127.0.0.1:" + std::to_string(tls_port), grpc::SslServerCredentials(options),
                             &tls_port);
  }
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::printf("listening on 127.0.0.1:%d\n", port);
  if (!certificate.empty()) std::printf("listening on 127.0.0.1:%d\n", tls_port);
  std::fflush(stdout);
  server->Wait();
}
