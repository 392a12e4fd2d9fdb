#include "view_service.h"

#include <array>
#include <vector>

#include "parlance/inference.parlance.h"
#include "parlance/inference.views.h"

namespace {

using inference::BatchPredictRequestView;
using inference::BatchPredictResponseFields;
using inference::GenerateRequestView;
using inference::GenerateTokenFields;
using inference::PredictRequestView;
using inference::PredictResponseFields;
using parlance::Incoming;
using parlance::Reader;
using parlance::Result;
using parlance::ServerCall;
using parlance::Status;
using parlance::Task;
using parlance::Writer;
using parlance::Written;

using Floats = parlance::wire::PackedFixed<float>;
using Predictions = std::array<float, 10>;

// Partial sums of their own, which the compiler adds side by side.
float sum_of(Floats values) {
  constexpr std::size_t kLanes = 8;
  std::array<float, kLanes> lanes{};
  std::size_t index = 0;
  for (; index + kLanes <= values.size(); index += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += values[index + lane];
  }
  float sum = 0;
  for (; index < values.size(); ++index) sum += values[index];
  for (const float lane : lanes) sum += lane;
  return sum;
}

Predictions predictions_for(const PredictRequestView& request) {
  Predictions predictions;
  predictions.fill(sum_of(request.features()));
  return predictions;
}

PredictResponseFields answer(const PredictRequestView& request, const Predictions& predictions) {
  return {.request_id = request.request_id(),
          .predictions = predictions,
          .model_name = request.model_name(),
          .model_version = request.model_version()};
}

class ViewInference final : public inference::InferenceService::ViewHandler {
 public:
  Task<Result<Written<PredictResponseFields>>> Predict(ServerCall&,
                                                       Incoming<PredictRequestView> request) override {
    const Predictions predictions = predictions_for(*request);
    co_return answer(*request, predictions);
  }

  Task<Status> Generate(ServerCall&, Incoming<GenerateRequestView> request,
                        Writer<GenerateTokenFields>& out) override {
    GenerateTokenFields token{.request_id = request->request_id(), .token = "token", .log_prob = -0.5F};
    for (int number = 1; number <= request->max_tokens(); ++number) {
      token.token_id = number;
      if (number == request->max_tokens()) {
        token.is_final = true;
        token.finish_reason = "length";
      }
      if (!co_await out.write(token)) break;
    }
    co_return Status{};
  }

  Task<Result<Written<BatchPredictResponseFields>>> BatchPredict(
      ServerCall&, Incoming<BatchPredictRequestView> request) override {
    const std::size_t count = request->requests().size();
    std::vector<Predictions> predictions;
    std::vector<PredictResponseFields> responses;
    predictions.reserve(count);  // the responses refer to its elements
    responses.reserve(count);
    for (const PredictRequestView one : request->requests()) {
      responses.push_back(answer(one, predictions.emplace_back(predictions_for(one))));
    }
    co_return BatchPredictResponseFields{.responses = responses};
  }

  Task<Status> StreamingPredict(ServerCall&, Reader<PredictRequestView>& in,
                                Writer<PredictResponseFields>& out) override {
    while (auto request = co_await in.read()) {
      const Predictions predictions = predictions_for(**request);
      if (!co_await out.write(answer(**request, predictions))) break;
    }
    co_return Status{};
  }
};

}  // namespace

std::shared_ptr<parlance::Service> make_view_service() { return std::make_shared<ViewInference>(); }
