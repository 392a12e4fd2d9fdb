// The messages of a prediction, read and written with views and with libprotobuf (reused messages).
#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <vector>

#include "base/slab.h"
#include "parlance/inference.pb.h"
#include "parlance/inference.views.h"
#include "rpc/written.h"

namespace {

using inference::BatchPredictRequest;
using inference::BatchPredictRequestView;
using inference::BatchPredictResponse;
using inference::BatchPredictResponseFields;
using inference::PredictRequest;
using inference::PredictRequestView;
using inference::PredictResponse;
using inference::PredictResponseFields;
using parlance::Buffer;
using parlance::wire::Parsed;

constexpr int kBatch = 64;
using Predictions = std::array<float, 10>;

PredictRequest request_of(int features) {
  PredictRequest request;
  request.set_request_id("request-1");
  request.set_model_name("model");
  request.set_model_version(7);
  for (int index = 0; index < features; ++index) request.add_features(0.5F);
  return request;
}

BatchPredictRequest batch_of(int features) {
  BatchPredictRequest batch;
  for (int index = 0; index < kBatch; ++index) *batch.add_requests() = request_of(features);
  return batch;
}

// The sums are made alike on both sides, in lanes, so that what differs is the messages.
template <typename Values>
float sum_of(const Values& values, std::size_t count) {
  constexpr std::size_t kLanes = 8;
  std::array<float, kLanes> lanes{};
  std::size_t index = 0;
  for (; index + kLanes <= count; index += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += values[index + lane];
  }
  float sum = 0;
  for (; index < count; ++index) sum += values[index];
  for (const float lane : lanes) sum += lane;
  return sum;
}

Predictions predictions_for(const PredictRequestView& request) {
  Predictions predictions;
  predictions.fill(sum_of(request.features(), request.features().size()));
  return predictions;
}

PredictResponseFields answer(const PredictRequestView& request, const Predictions& predictions) {
  return {.request_id = request.request_id(),
          .predictions = predictions,
          .model_name = request.model_name(),
          .model_version = request.model_version()};
}

void answer(const PredictRequest& request, PredictResponse& response) {
  const float sum = sum_of(request.features().data(), static_cast<std::size_t>(request.features_size()));
  response.set_request_id(request.request_id());
  response.set_model_name(request.model_name());
  response.set_model_version(request.model_version());
  response.mutable_predictions()->Resize(10, sum);
}

void PredictViews(benchmark::State& state) {
  const std::string bytes = request_of(static_cast<int>(state.range(0))).SerializeAsString();
  for (auto _ : state) {
    Parsed<PredictRequestView> request;
    request.parse(parlance::as_bytes(bytes));
    const Predictions predictions = predictions_for(*request);
    const Buffer framed = parlance::detail::frame_message(answer(*request, predictions));
    benchmark::DoNotOptimize(framed.data());
  }
}

void PredictMessages(benchmark::State& state) {
  const std::string bytes = request_of(static_cast<int>(state.range(0))).SerializeAsString();
  PredictRequest request;
  PredictResponse response;
  for (auto _ : state) {
    request.ParseFromString(bytes);
    response.Clear();
    answer(request, response);
    const Buffer framed = parlance::detail::frame_message(response);
    benchmark::DoNotOptimize(framed.data());
  }
}

void BatchViews(benchmark::State& state) {
  const std::string bytes = batch_of(static_cast<int>(state.range(0))).SerializeAsString();
  for (auto _ : state) {
    Parsed<BatchPredictRequestView> batch;
    batch.parse(parlance::as_bytes(bytes));
    std::vector<Predictions> predictions;
    std::vector<PredictResponseFields> responses;
    predictions.reserve(kBatch);
    responses.reserve(kBatch);
    for (const PredictRequestView request : batch->requests()) {
      responses.push_back(answer(request, predictions.emplace_back(predictions_for(request))));
    }
    const BatchPredictResponseFields fields{.responses = responses};
    const Buffer framed = parlance::detail::frame_message(fields);
    benchmark::DoNotOptimize(framed.data());
  }
}

void BatchMessages(benchmark::State& state) {
  const std::string bytes = batch_of(static_cast<int>(state.range(0))).SerializeAsString();
  BatchPredictRequest batch;
  BatchPredictResponse response;
  for (auto _ : state) {
    batch.ParseFromString(bytes);
    response.Clear();
    for (const PredictRequest& request : batch.requests()) answer(request, *response.add_responses());
    const Buffer framed = parlance::detail::frame_message(response);
    benchmark::DoNotOptimize(framed.data());
  }
}

BENCHMARK(PredictViews)->Arg(1)->Arg(512);
BENCHMARK(PredictMessages)->Arg(1)->Arg(512);
BENCHMARK(BatchViews)->Arg(512);
BENCHMARK(BatchMessages)->Arg(512);

}  // namespace

BENCHMARK_MAIN();
