#include "message_service.h"

#include "echo_predict.h"
#include "parlance/inference.parlance.h"

namespace {

using inference::BatchPredictRequest;
using inference::BatchPredictResponse;
using inference::GenerateRequest;
using inference::GenerateToken;
using inference::PredictRequest;
using inference::PredictResponse;
using parlance::Incoming;
using parlance::Reader;
using parlance::Result;
using parlance::ServerCall;
using parlance::Status;
using parlance::Task;
using parlance::Writer;

class Inference final : public inference::InferenceService::Handler {
 public:
  Task<Result<PredictResponse>> Predict(ServerCall&, Incoming<PredictRequest> request) override {
    PredictResponse response;
    echo_predict(*request, response);
    co_return response;
  }

  Task<Status> Generate(ServerCall&, Incoming<GenerateRequest> request, Writer<GenerateToken>& out) override {
    GenerateToken token;
    token.set_request_id(request->request_id());
    token.set_token("token");
    token.set_log_prob(-0.5F);
    for (int i = 1; i <= request->max_tokens(); ++i) {
      token.set_token_id(i);
      if (i == request->max_tokens()) {
        token.set_is_final(true);
        token.set_finish_reason("length");
      }
      if (!co_await out.write(token)) break;
    }
    co_return Status{};
  }

  Task<Result<BatchPredictResponse>> BatchPredict(ServerCall&,
                                                  Incoming<BatchPredictRequest> request) override {
    BatchPredictResponse response;
    response.mutable_responses()->Reserve(request->requests_size());
    for (const PredictRequest& one : request->requests()) echo_predict(one, *response.add_responses());
    co_return response;
  }

  Task<Status> StreamingPredict(ServerCall&, Reader<PredictRequest>& in,
                                Writer<PredictResponse>& out) override {
    PredictResponse response;
    while (auto request = co_await in.read()) {
      echo_predict(**request, response);
      if (!co_await out.write(response)) break;
    }
    co_return Status{};
  }
};

}  // namespace

std::shared_ptr<parlance::Service> make_message_service() { return std::make_shared<Inference>(); }
