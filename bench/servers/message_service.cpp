#include "message_service.h"

#include "answers.h"
#include "parlance/inference.parlance.h"

namespace {

using inference::BatchPredictRequest;
using inference::BatchPredictResponse;
using inference::GenerateRequest;
using inference::GenerateToken;
using inference::PredictRequest;
using inference::PredictResponse;
using parlance::Incoming;
using parlance::Outgoing;
using parlance::Reader;
using parlance::Result;
using parlance::ServerCall;
using parlance::Status;
using parlance::Task;
using parlance::Writer;

class MessageInference final : public inference::InferenceService::Handler {
 public:
  Task<Result<PredictResponse>> Predict(ServerCall&, Incoming<PredictRequest> request) override {
    Outgoing<PredictResponse> response;
    bench::predict(*request, *response);
    co_return response;
  }

  Task<Status> Generate(ServerCall&, Incoming<GenerateRequest> request, Writer<GenerateToken>& out) override {
    GenerateToken token;
    for (int number = 1; number <= request->max_tokens(); ++number) {
      bench::make_token(*request, number, token);
      if (!co_await out.write(token)) break;
    }
    co_return Status{};
  }

  Task<Result<BatchPredictResponse>> BatchPredict(ServerCall&,
                                                  Incoming<BatchPredictRequest> request) override {
    Outgoing<BatchPredictResponse> response;
    bench::predict_batch(*request, *response);
    co_return response;
  }

  Task<Status> StreamingPredict(ServerCall&, Reader<PredictRequest>& in,
                                Writer<PredictResponse>& out) override {
    PredictResponse response;
    while (auto request = co_await in.read()) {
      bench::predict(**request, response);
      if (!co_await out.write(response)) break;
    }
    co_return Status{};
  }
};

}  // namespace

std::shared_ptr<parlance::Service> make_message_service() { return std::make_shared<MessageInference>(); }
