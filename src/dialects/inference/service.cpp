#include "dialects/inference/service.h"

#include <cstdio>
#include <string>
#include <utility>

#include "base/concat.h"
#include "dialects/inference/generate_request.h"
#include "dialects/inference/request_input.h"
#include "dialects/inference/response_output.h"
#include "dialects/inference/resumable_call.h"
#include "dialects/invalid_input.h"
#include "dialects/next_turn.h"
#include "dialects/stream_sequence.h"
#include "grpc/error_details.h"
#include "text/embedding.h"

namespace parlance::dialects::inference {
namespace {

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

using Milliseconds = std::chrono::duration<double, std::milli>;

void add_trailers(ServerCall& call, std::int64_t version, Milliseconds latency) {
  (void)call.trailing_metadata().add("x-model-version", std::to_string(version));
  (void)call.trailing_metadata().add("x-inference-latency-ms", two_decimals(latency.count()));
}

void add_trailers(ServerCall& call, const text::Embedding& embedding) {
  add_trailers(call, embedding.version, embedding.computed);
  (void)call.trailing_metadata().add("x-parlance-tokens", std::to_string(embedding.tokens));
  if (embedding.truncated) (void)call.trailing_metadata().add("x-parlance-truncated", "true");
}

Result<text::EmbedRequest> to_embed_request(const models::Repository& repository,
                                            const ::inference::EmbedRequestView& request) {
  if (request.model_name().empty()) return invalid("model_name field is required and must not be empty");
  Result<models::ModelHandle> model = repository.find(request.model_name());
  if (!model) return std::unexpected{std::move(model).error()};
  if (request.text().empty()) return invalid("text field is required and must not be empty");
  return text::EmbedRequest{
      .model = *std::move(model), .text = std::string{request.text()}, .normalize = request.normalize()};
}

/// Each alone, one after the other.
Task<Status> run_in_order(ServerCall& call, std::vector<Prediction>& predictions,
                          scheduling::Scheduler& scheduler) {
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    predictions[i].inference().may_batch = false;
    Task<Result<scheduling::InferenceResult>> running = scheduler.infer(call, predictions[i].inference());
    Result<scheduling::InferenceResult> result = co_await std::move(running);
    if (!result) co_return in_request(i, result.error());
    predictions[i].set_result(*std::move(result));
    if ((i + 1) % kRunsPerTurn == 0) co_await NextTurn{call.loop()};
  }
  co_return Status{};
}

Task<Status> run_together(ServerCall& call, std::vector<Prediction>& predictions,
                          scheduling::Scheduler& scheduler) {
  std::vector<scheduling::InferenceRequest*> requests;
  for (Prediction& prediction : predictions) requests.push_back(&prediction.inference());
  Task<scheduling::BatchResult> running = scheduler.infer_all(call, requests);
  scheduling::BatchResult all = co_await std::move(running);
  if (!all.status.ok()) co_return in_request(all.failed, all.status);
  for (std::size_t i = 0; i < predictions.size(); ++i) predictions[i].set_result(std::move(all.results[i]));
  co_return Status{};
}

using Predictions = Writer<::inference::PredictResponseFields>;

/// An answer for each part that the model gives.
Task<Status> answer_in_parts(ServerCall& call, scheduling::Scheduler& scheduler, Prediction& prediction,
                             Predictions& out) {
  Result<std::unique_ptr<scheduling::TensorStream>> parts =
      scheduler.infer_stream(call, prediction.inference());
  if (!parts) co_return parts.error();
  Status status;
  while (auto part = co_await (*parts)->next()) {
    prediction.set_result({.outputs = *std::move(part)});
    const Result<ResponseOutput> output = prediction.output();
    if (!output) {
      status = output.error();
      break;
    }
    const ::inference::PredictResponseFields answer = prediction.answer(*output);
    if (!co_await out.write(answer)) break;
  }
  co_await (*parts)->end();
  co_return status.ok() ? (*parts)->status() : status;
}

}  // namespace

Task<Result<Written<::inference::PredictResponseFields>>> InferenceServiceHandler::Predict(
    ServerCall& call, Incoming<::inference::PredictRequestView> request) {
  Result<Prediction> prediction = Prediction::make(repository_, *request, call, Clock::now(), limits_);
  if (!prediction) co_return prediction.error();
  Task<Result<scheduling::InferenceResult>> running = scheduler_.infer(call, prediction->inference());
  Result<scheduling::InferenceResult> result = co_await std::move(running);
  if (!result) co_return result.error();
  prediction->set_result(*std::move(result));
  add_trailers(call, prediction->model().version(), prediction->latency());
  const Result<ResponseOutput> output = prediction->output();
  if (!output) co_return output.error();
  co_return prediction->answer(*output);
}

Result<std::vector<Prediction>> InferenceServiceHandler::make_all(
    const ::inference::BatchPredictRequestView& batch, const ServerCall& call) const {
  const TimePoint received = Clock::now();
  const std::size_t count = batch.requests().size();
  if (Status status = check_batch(count, "requests", limits_); !status.ok())
    return std::unexpected{std::move(status)};
  std::vector<Prediction> predictions;
  predictions.reserve(count);
  for (const ::inference::PredictRequestView request : batch.requests()) {
    Result<Prediction> prediction = Prediction::make(repository_, request, call, received, limits_);
    if (!prediction) return std::unexpected{in_request(predictions.size(), prediction.error())};
    predictions.push_back(*std::move(prediction));
  }
  return predictions;
}

Task<Result<Written<::inference::BatchPredictResponseFields>>> InferenceServiceHandler::BatchPredict(
    ServerCall& call, Incoming<::inference::BatchPredictRequestView> request) {
  Result<std::vector<Prediction>> predictions = make_all(*request, call);
  if (!predictions) co_return predictions.error();
  Task<Status> running = request->allow_dynamic_batching() ? run_together(call, *predictions, scheduler_)
                                                           : run_in_order(call, *predictions, scheduler_);
  const Status status = co_await std::move(running);
  if (!status.ok()) co_return status;

  std::vector<ResponseOutput> outputs;
  outputs.reserve(predictions->size());
  std::vector<::inference::PredictResponseFields> responses;
  for (std::size_t i = 0; i < predictions->size(); ++i) {
    Result<ResponseOutput> output = (*predictions)[i].output();
    if (!output) co_return in_request(i, output.error());
    outputs.push_back(*std::move(output));
    responses.push_back((*predictions)[i].answer(outputs.back()));
  }
  co_return ::inference::BatchPredictResponseFields{.responses = responses};
}

Task<Status> InferenceServiceHandler::StreamingPredict(ServerCall& call,
                                                       Reader<::inference::PredictRequestView>& in,
                                                       Writer<::inference::PredictResponseFields>& out) {
  StreamSequence sequence{scheduler_};
  std::size_t index = 0;
  while (auto request = co_await in.read()) {
    Result<Prediction> prediction = Prediction::make(repository_, **request, call, Clock::now(), limits_);
    if (!prediction) co_return in_request(index, prediction.error());
    sequence.add(prediction->inference());
    if (prediction->model().engine().streams()) {
      Task<Status> answering = answer_in_parts(call, scheduler_, *prediction, out);
      const Status status = co_await std::move(answering);
      if (!status.ok()) co_return in_request(index, status);
      ++index;
      continue;
    }
    Task<Result<scheduling::InferenceResult>> running = scheduler_.infer(call, prediction->inference());
    Result<scheduling::InferenceResult> result = co_await std::move(running);
    if (!result) co_return in_request(index, result.error());
    prediction->set_result(*std::move(result));
    const Result<ResponseOutput> output = prediction->output();
    if (!output) co_return in_request(index, output.error());
    const ::inference::PredictResponseFields answer = prediction->answer(*output);
    if (!co_await out.write(answer)) break;
    ++index;
    if (index % kRunsPerTurn == 0) co_await NextTurn{call.loop()};
  }
  co_return Status{};
}

Task<Result<Written<::inference::EmbedResponseFields>>> InferenceServiceHandler::Embed(
    ServerCall& call, Incoming<::inference::EmbedRequestView> request) {
  Result<text::EmbedRequest> wanted = to_embed_request(repository_, *request);
  if (!wanted) co_return wanted.error();
  Task<Result<text::Embedding>> running = text::embed(call, scheduler_, *std::move(wanted));
  const Result<text::Embedding> embedding = co_await std::move(running);
  if (!embedding) co_return embedding.error();
  add_trailers(call, *embedding);
  co_return ::inference::EmbedResponseFields{
      .request_id = request->request_id(),
      .embedding = embedding->values,
      .dimension = static_cast<std::int32_t>(embedding->values.size())};
}

Task<Status> InferenceServiceHandler::Generate(ServerCall& call,
                                               Incoming<::inference::GenerateRequestView> request,
                                               Writer<::inference::GenerateTokenFields>& out) {
  if (resumes(call)) {
    Task<Status> resuming = resume(call, resumable_, out);
    co_return co_await std::move(resuming);
  }
  Result<text::GenerateRequest> wanted = to_generate_request(repository_, *request, call);
  if (!wanted) co_return wanted.error();
  const bool is_resumable = wants_resumable(call);
  Task<Result<text::Generation>> beginning = is_resumable ? text::generate_beyond(call, *std::move(wanted))
                                                          : text::generate(call, *std::move(wanted));
  Result<text::Generation> generation = co_await std::move(beginning);
  if (!generation) co_return generation.error();
  (void)call.trailing_metadata().add("x-model-version", std::to_string(generation->model().version()));
  Task<Status> sending = is_resumable ? generate_resumable(call, resumable_, *std::move(generation),
                                                           std::string{request->request_id()}, out)
                                      : send_tokens(*generation, request->request_id(), out);
  co_return co_await std::move(sending);
}

}  // namespace parlance::dialects::inference
