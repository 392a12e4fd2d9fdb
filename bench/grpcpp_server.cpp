// grpcpp-bench-server: parlance-bench-server's Predict on the callback API of grpc++, to stand beside it.
// Messages come from arenas, as ours do.

#include <google/protobuf/arena.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/message_allocator.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "echo_predict.h"
#include "parlance/inference.grpc.pb.h"

namespace {

using inference::PredictRequest;
using inference::PredictResponse;

class ArenaMessages final : public grpc::MessageAllocator<PredictRequest, PredictResponse> {
 public:
  grpc::MessageHolder<PredictRequest, PredictResponse>* AllocateMessages() override { return new Holder; }

 private:
  class Holder final : public grpc::MessageHolder<PredictRequest, PredictResponse> {
   public:
    Holder() {
      set_request(google::protobuf::Arena::CreateMessage<PredictRequest>(&arena_));
      set_response(google::protobuf::Arena::CreateMessage<PredictResponse>(&arena_));
    }
    void Release() override { delete this; }

   private:
    google::protobuf::Arena arena_;
  };
};

class Inference final : public inference::grpcpp::InferenceService::CallbackService {
 public:
  Inference() { SetMessageAllocatorFor_Predict(&messages_); }

  grpc::ServerUnaryReactor* Predict(grpc::CallbackServerContext* context, const PredictRequest* request,
                                    PredictResponse* response) override {
    echo_predict(*request, *response);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  ArenaMessages messages_;
};

}  // namespace

int main(int count, char** arguments) {
  std::string port = "50051";
  for (int i = 1; i + 1 < count; i += 2) {
    if (std::string_view{arguments[i]} == "--port") port = arguments[i + 1];
  }
  Inference service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + port, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  server->Wait();
}
