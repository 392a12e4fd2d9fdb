#include "dialects/inference/service.h"

#include <coroutine>
#include <cstdio>
#include <string>
#include <utility>

#include "base/concat.h"
#include "dialects/inference/request_input.h"
#include "grpc/error_details.h"

namespace parlance::dialects::inference {
namespace {

/// `co_await NextTurn{loop}`: lets the loop do what else is due.
struct NextTurn {
  net::Loop& loop;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiting) const {
    loop.post([waiting] { waiting.resume(); });
  }
  void await_resume() const {}
};

Status in_request(std::size_t index, const Status& status) {
  const auto details = status.details();
  return {
      status.code(), concat("requests[", index, "]: ", status.message()), {details.begin(), details.end()}};
}

std::string two_decimals(double value) {
  char text[32];
  const int length = std::snprintf(text, sizeof text, "%.2f", value);
  return {text, static_cast<std::size_t>(length)};
}

void add_trailers(ServerCall& call, const Prediction& prediction) {
  (void)call.trailing_metadata().add("x-model-version", std::to_string(prediction.model().version()));
  (void)call.trailing_metadata().add("x-inference-latency-ms", two_decimals(prediction.latency().count()));
}

Task<Status> run_in_order(ServerCall& call, std::vector<Prediction>& predictions,
                          scheduling::Scheduler& scheduler) {
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    Task<Result<scheduling::InferenceResult>> running = scheduler.infer(call, predictions[i].inference());
    Result<scheduling::InferenceResult> result = co_await std::move(running);
    if (!result) co_return in_request(i, result.error());
    predictions[i].set_result(*std::move(result));
    if ((i + 1) % kRunsPerTurn == 0) co_await NextTurn{call.loop()};
  }
  co_return Status{};
}

}  // namespace

Task<Result<::inference::PredictResponse>> InferenceServiceHandler::Predict(
    ServerCall& call, Incoming<::inference::PredictRequest> request) {
  Result<Prediction> prediction = Prediction::make(repository_, *request, call, Clock::now(), limits_);
  if (!prediction) co_return prediction.error();
  Task<Result<scheduling::InferenceResult>> running = scheduler_.infer(call, prediction->inference());
  Result<scheduling::InferenceResult> result = co_await std::move(running);
  if (!result) co_return result.error();
  prediction->set_result(*std::move(result));
  add_trailers(call, *prediction);
  co_return prediction->answer();
}

Result<std::vector<Prediction>> InferenceServiceHandler::make_all(
    const ::inference::BatchPredictRequest& batch, const ServerCall& call) const {
  const TimePoint received = Clock::now();
  const auto count = static_cast<std::size_t>(batch.requests_size());
  if (Status status = check_batch(count, "requests", limits_); !status.ok())
    return std::unexpected{std::move(status)};
  std::vector<Prediction> predictions;
  predictions.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    Result<Prediction> prediction =
        Prediction::make(repository_, batch.requests(static_cast<int>(i)), call, received, limits_);
    if (!prediction) return std::unexpected{in_request(i, prediction.error())};
    predictions.push_back(*std::move(prediction));
  }
  return predictions;
}

Task<Result<::inference::BatchPredictResponse>> InferenceServiceHandler::BatchPredict(
    ServerCall& call, Incoming<::inference::BatchPredictRequest> request) {
  Result<std::vector<Prediction>> predictions = make_all(*request, call);
  if (!predictions) co_return predictions.error();
  Task<Status> running = run_in_order(call, *predictions, scheduler_);
  const Status status = co_await std::move(running);
  if (!status.ok()) co_return status;

  ::inference::BatchPredictResponse response;
  for (std::size_t i = 0; i < predictions->size(); ++i) {
    Result<::inference::PredictResponse> answer = (*predictions)[i].answer();
    if (!answer) co_return in_request(i, answer.error());
    *response.add_responses() = *std::move(answer);
  }
  co_return response;
}

Task<Status> InferenceServiceHandler::StreamingPredict(ServerCall& call,
                                                       Reader<::inference::PredictRequest>& in,
                                                       Writer<::inference::PredictResponse>& out) {
  std::size_t index = 0;
  while (auto request = co_await in.read()) {
    Result<Prediction> prediction = Prediction::make(repository_, **request, call, Clock::now(), limits_);
    if (!prediction) co_return in_request(index, prediction.error());
    Task<Result<scheduling::InferenceResult>> running = scheduler_.infer(call, prediction->inference());
    Result<scheduling::InferenceResult> result = co_await std::move(running);
    if (!result) co_return in_request(index, result.error());
    prediction->set_result(*std::move(result));
    const Result<::inference::PredictResponse> answer = prediction->answer();
    if (!answer) co_return in_request(index, answer.error());
    if (!co_await out.write(*answer)) break;
    ++index;
    if (index % kRunsPerTurn == 0) co_await NextTurn{call.loop()};
  }
  co_return Status{};
}

Status InferenceServiceHandler::unimplemented(std::string_view model, std::string_view what,
                                              std::string_view lacks) const {
  if (model.empty())
    return grpc::make_error(StatusCode::kInvalidArgument, "INVALID_INPUT",
                            "model_name field is required and must not be empty", {{"hop", "server"}});
  const Result<models::ModelHandle> handle = repository_.find(model);
  if (!handle) return handle.error();
  return grpc::make_error(StatusCode::kUnimplemented, "MODEL_CANNOT",
                          concat("Model \"", model, "\" cannot ", what, ": it has ", lacks),
                          {{"hop", "server"}});
}

Task<Result<::inference::EmbedResponse>> InferenceServiceHandler::Embed(
    ServerCall&, Incoming<::inference::EmbedRequest> request) {
  co_return unimplemented(request->model_name(), "embed text", "no tokenizer and no embedding as its output");
}

Task<Status> InferenceServiceHandler::Generate(ServerCall&, Incoming<::inference::GenerateRequest> request,
                                               Writer<::inference::GenerateToken>&) {
  co_return unimplemented(request->model_name(), "generate text", "no tokenizer and no decoder");
}

}  // namespace parlance::dialects::inference
