// grpcpp-bench-client: parlance-bench-client's calls on the callback API of grpc++.

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "client_window.h"
#include "parlance/inference.grpc.pb.h"

namespace {

using Stub = inference::grpcpp::InferenceService::Stub;

std::atomic<long> answers = 0;
std::atomic<long> errors = 0;

// Calls one after the other, each begun from the end of the one before.
class Caller {
 public:
  explicit Caller(Stub& stub) : stub_(stub) {
    request_.set_request_id("req-000001");
    request_.set_model_name("resnet50");
    request_.set_model_version(1);
    request_.add_features(0.5F);
  }

  void call() {
    context_ = std::make_unique<grpc::ClientContext>();
    stub_.async()->Predict(context_.get(), &request_, &response_, [this](const grpc::Status& status) {
      ++(status.ok() && response_.predictions_size() == 10 ? answers : errors);
      call();
    });
  }

 private:
  Stub& stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  inference::PredictRequest request_;
  inference::PredictResponse response_;
};

}  // namespace

int main(int count, char** arguments) {
  const bench::ClientOptions options = bench::read_client_options(count, arguments);
  const auto channel =
      grpc::CreateChannel("127.0.0.1:" + std::to_string(options.port), grpc::InsecureChannelCredentials());
  const auto stub = inference::grpcpp::InferenceService::NewStub(channel);
  std::vector<std::unique_ptr<Caller>> callers;
  for (unsigned i = 0; i < options.in_flight; ++i) {
    callers.push_back(std::make_unique<Caller>(*stub));
    callers.back()->call();
  }
  bench::tell_window(options, [] { return bench::ClientCounts{answers, errors}; });
}
