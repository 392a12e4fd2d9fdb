// The handler behind a real server, on the models that ship and on one that waits when told to.

#include "dialects/inference/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <regex>
#include <thread>

#include "dialects/inference/testing/gated_backend.h"
#include "dialects/inference/testing/serving.h"
#include "grpc/error_details.h"
#include "models/backends/built_in.h"
#include "models/testing/temp_folder.h"
#include "rpc/channel.h"
#include "rpc/server.h"

namespace parlance::dialects::inference {
namespace {

using namespace std::chrono_literals;
using ::inference::BatchPredictRequest;
using ::inference::BatchPredictResponse;
using ::inference::EmbedRequest;
using ::inference::EmbedResponse;
using ::inference::GenerateRequest;
using ::inference::PredictRequest;
using ::inference::PredictResponse;
using testing::Client;
using ::testing::ElementsAre;
using testing::Serving;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

class ShippedModelsServed : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    shipped_ = std::make_unique<models::testing::ShippedRepository>(
        std::initializer_list<std::string_view>{"digits", "magika", "silero_vad"});
    serving_ = std::make_unique<Serving>(shipped_->path());
  }
  static void TearDownTestSuite() {
    serving_.reset();
    shipped_.reset();
  }

  Client client_ = serving_->client();
  static inline std::unique_ptr<models::testing::ShippedRepository> shipped_;
  static inline std::unique_ptr<Serving> serving_;
};

/// A picture of a zero, from the held-out set's kind: a ring.
PredictRequest digit() {
  static constexpr std::array<int, 64> kPixels{0, 0, 5,  13, 9,  1,  0, 0, 0, 0, 13, 15, 10, 15, 5, 0,
                                               0, 3, 15, 2,  0,  11, 8, 0, 0, 4, 12, 0,  0,  8,  8, 0,
                                               0, 5, 8,  0,  0,  9,  8, 0, 0, 4, 11, 0,  1,  12, 7, 0,
                                               0, 2, 14, 5,  10, 12, 0, 0, 0, 0, 6,  13, 10, 0,  0, 0};
  PredictRequest request;
  request.set_request_id("ring");
  request.set_model_name("digits");
  for (const int pixel : kPixels) request.add_features(static_cast<float>(pixel));
  return request;
}

PredictRequest file(std::string content) {
  PredictRequest request;
  request.set_model_name("magika");
  request.set_raw_input(std::move(content));
  return request;
}

PredictRequest with(PredictRequest request, const std::function<void(PredictRequest&)>& change) {
  change(request);
  return request;
}

std::string trailer(const Metadata& metadata, std::string_view name) {
  return std::string{metadata.get(name).value_or("none")};
}

TEST_F(ShippedModelsServed, PredictAnswersWithScoresBestClassesAndTrailers) {
  auto call = client_.Predict(digit());
  const Result<PredictResponse> reply = call.wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->request_id(), "ring");
  EXPECT_EQ(reply->model_name(), "digits");
  EXPECT_EQ(reply->model_version(), 1);
  EXPECT_THAT(reply->prediction_shape(), ElementsAre(1, 10));
  ASSERT_EQ(reply->predictions_size(), 10);
  float sum = 0;
  for (const float probability : reply->predictions()) sum += probability;
  EXPECT_NEAR(sum, 1, 1e-5);
  ASSERT_EQ(reply->top_k_size(), 5);
  EXPECT_EQ(reply->top_k(0).label(), "0");
  EXPECT_EQ(reply->top_k(0).class_id(), 0);
  EXPECT_GT(reply->top_k(0).score(), 0.9F);
  EXPECT_EQ(reply->top_k(0).score(), reply->predictions(0));
  for (int i = 1; i < 5; ++i) EXPECT_LE(reply->top_k(i).score(), reply->top_k(i - 1).score());
  EXPECT_GT(reply->inference_latency_ms(), 0);
  EXPECT_EQ(trailer(call.trailing_metadata(), "x-model-version"), "1");
  EXPECT_TRUE(std::regex_match(trailer(call.trailing_metadata(), "x-inference-latency-ms"),
                               std::regex{"[0-9]+\\.[0-9]{2}"}));
}

TEST_F(ShippedModelsServed, PredictTakesRowsWithAFeatureShape) {
  PredictRequest request = digit();
  request.mutable_features()->MergeFrom(digit().features());
  request.add_feature_shape(2);
  request.add_feature_shape(64);
  const Result<PredictResponse> reply = client_.Predict(request).wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_THAT(reply->prediction_shape(), ElementsAre(2, 10));
  EXPECT_EQ(reply->predictions_size(), 20);
  EXPECT_EQ(reply->predictions(0), reply->predictions(10));
  EXPECT_EQ(reply->top_k_size(), 0) << "which row would it be of?";
}

TEST_F(ShippedModelsServed, PredictTakesAShapeWithAndWithoutTheBatch) {
  for (const std::vector<int>& shape : {std::vector{1, 64}, std::vector{64}}) {
    const PredictRequest request = with(digit(), [&](PredictRequest& it) {
      it.mutable_feature_shape()->Assign(shape.begin(), shape.end());
      it.set_model_version(1);
    });
    const Result<PredictResponse> reply = client_.Predict(request).wait();
    ASSERT_TRUE(reply) << reply.error().to_string();
    EXPECT_THAT(reply->prediction_shape(), ElementsAre(1, 10));
    EXPECT_EQ(reply->top_k(0).label(), "0");
  }
}

TEST_F(ShippedModelsServed, PredictTellsTheTypeOfAFile) {
  for (const char* format : {"", "bytes"}) {
    PredictRequest request = file(models::testing::read_file(models::testing::digits_file()));
    request.set_input_format(format);
    const Result<PredictResponse> reply = client_.Predict(request).wait();
    ASSERT_TRUE(reply) << reply.error().to_string();
    EXPECT_EQ(reply->top_k(0).label(), "onnx");
    EXPECT_THAT(reply->prediction_shape(), ElementsAre(1, 214));
  }
}

struct Bad {
  const char* what;
  PredictRequest request;
  StatusCode code;
  std::string message;
};

std::vector<Bad> bad_requests() {
  const auto features = [](std::initializer_list<float> values, std::initializer_list<int> shape = {}) {
    return with(digit(), [&](PredictRequest& it) {
      it.mutable_features()->Assign(values.begin(), values.end());
      it.mutable_feature_shape()->Assign(shape.begin(), shape.end());
    });
  };
  const auto shape = [](std::initializer_list<int> dimensions) {
    return with(digit(), [&](PredictRequest& it) {
      it.mutable_feature_shape()->Assign(dimensions.begin(), dimensions.end());
    });
  };
  const auto pixel = [](int at, float value) {
    return with(digit(), [&](PredictRequest& it) { it.set_features(at, value); });
  };
  const auto invalid = StatusCode::kInvalidArgument;
  return {
      {"no model", PredictRequest{}, invalid, "model_name field is required and must not be empty"},
      {"unknown model", with(digit(), [](PredictRequest& it) { it.set_model_name("cats"); }),
       StatusCode::kNotFound, "Model \"cats\" not found; available: digits, magika, silero_vad"},
      {"unknown version", with(digit(), [](PredictRequest& it) { it.set_model_version(7); }),
       StatusCode::kNotFound, "Model \"digits\" has no version 7; available: 1"},
      {"negative version", with(digit(), [](PredictRequest& it) { it.set_model_version(-1); }),
       StatusCode::kNotFound, "Model \"digits\" has no version -1; available: 1"},
      {"missing features", features({}), invalid, "features field is required and must not be empty"},
      {"missing features with a shape", features({}, {1, 64}), invalid,
       "features field is required and must not be empty"},
      {"wrong count", features({1, 2, 3}), invalid, "Expected 64 features, got 3"},
      {"two rows without a shape",
       with(digit(), [](PredictRequest& it) { it.mutable_features()->MergeFrom(digit().features()); }),
       invalid, "Expected 64 features, got 128"},
      {"shape that is not the count", shape({2, 64}), invalid,
       "Expected 128 features, got 64: feature_shape is [2, 64]"},
      {"shape that is not the model's", shape({8, 8}), invalid,
       "feature_shape must fit [-1, 64], got [8, 8]"},
      {"shape of too many dimensions", shape({1, 1, 64}), invalid,
       "feature_shape must fit [-1, 64], got [1, 1, 64]"},
      {"shape with a zero", shape({0, 64}), invalid,
       "feature_shape must hold positive dimensions, got [0, 64]"},
      {"shape with a negative", shape({-1, 64}), invalid,
       "feature_shape must hold positive dimensions, got [-1, 64]"},
      {"shape that overflows", shape({2147483647, 2147483647, 2147483647}), invalid,
       "Expected 18446744073709551615 features, got 64: feature_shape is [2147483647, 2147483647, "
       "2147483647]"},
      {"NaN", pixel(3, kNan), invalid, "features[3] is NaN; every feature must be a finite number"},
      {"infinity", pixel(63, kInfinity), invalid,
       "features[63] is infinite; every feature must be a finite number"},
      {"minus infinity", pixel(0, -kInfinity), invalid,
       "features[0] is infinite; every feature must be a finite number"},
      {"both", with(digit(), [](PredictRequest& it) { it.set_raw_input("x"); }), invalid,
       "features and raw_input are both set; send one of them"},
      {"raw_input for a model of features",
       with(file("some text"), [](PredictRequest& it) { it.set_model_name("digits"); }), invalid,
       "Model \"digits\" takes features, not raw_input"},
      {"features for a model of raw_input",
       with(digit(), [](PredictRequest& it) { it.set_model_name("magika"); }), invalid,
       "Model \"magika\" takes raw_input, not features"},
      {"missing raw_input", file(""), invalid, "raw_input field is required and must not be empty"},
      {"unknown format", with(file("some text"), [](PredictRequest& it) { it.set_input_format("tiff"); }),
       invalid, "Unknown input_format \"tiff\"; model \"magika\" reads: bytes"},
      {"raw_input too short", file("abc"), invalid,
       "raw_input needs at least 8 bytes after leading white space to tell its type, got 3"},
      {"deadline in the past", with(digit(), [](PredictRequest& it) { it.set_deadline_ms(-5); }),
       StatusCode::kDeadlineExceeded, "the deadline passed before the model was run"},
      {"too many rows",
       with(digit(),
            [](PredictRequest& it) {
              it.mutable_features()->Resize(1025 * 64, 1.0F);
              it.add_feature_shape(1025);
              it.add_feature_shape(64);
            }),
       StatusCode::kResourceExhausted, "A batch of 1025 rows is over the limit of 1024 (max_batch)"},
  };
}

TEST_F(ShippedModelsServed, PredictRefusesBadInputWithAnExactStatus) {
  for (const Bad& bad : bad_requests()) {
    SCOPED_TRACE(bad.what);
    auto call = client_.Predict(bad.request);
    const Result<PredictResponse> reply = call.wait();
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code(), bad.code);
    EXPECT_EQ(reply.error().message(), bad.message);
    EXPECT_TRUE(grpc::error_info(reply.error()).has_value());
    EXPECT_EQ(trailer(call.trailing_metadata(), "x-model-version"), "none");
  }
}

TEST_F(ShippedModelsServed, BatchPredictRefusesBadInputNamingTheRequest) {
  for (const Bad& bad : bad_requests()) {
    SCOPED_TRACE(bad.what);
    BatchPredictRequest batch;
    *batch.add_requests() = digit();
    *batch.add_requests() = bad.request;
    const Result<BatchPredictResponse> reply = client_.BatchPredict(batch).wait();
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code(), bad.code);
    EXPECT_EQ(reply.error().message(), "requests[1]: " + bad.message);
    EXPECT_TRUE(grpc::error_info(reply.error()).has_value());
  }
}

TEST_F(ShippedModelsServed, StreamingPredictEndsAtBadInputNamingTheRequest) {
  for (const Bad& bad : bad_requests()) {
    SCOPED_TRACE(bad.what);
    auto call = client_.StreamingPredict();
    ASSERT_TRUE(call.write(digit()).wait());
    EXPECT_TRUE(call.read().wait().has_value());
    (void)call.write(bad.request).wait();
    EXPECT_FALSE(call.read().wait().has_value());
    const Status status = call.finish().wait();
    EXPECT_EQ(status.code(), bad.code);
    EXPECT_EQ(status.message(), "requests[1]: " + bad.message);
  }
}

TEST_F(ShippedModelsServed, BatchPredictAnswersInTheOrderOfTheRequests) {
  for (const int count : {0, 1, 20}) {
    BatchPredictRequest batch;
    for (int i = 0; i < count; ++i) {
      PredictRequest& request = *batch.add_requests();
      request = i % 3 == 2 ? file("#!/bin/sh\nset -e\necho \"$1\" | sed s/a/b/\n") : digit();
      request.set_request_id(std::to_string(i));
    }
    const Result<BatchPredictResponse> reply = client_.BatchPredict(batch).wait();
    ASSERT_TRUE(reply) << reply.error().to_string();
    ASSERT_EQ(reply->responses_size(), count);
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(reply->responses(i).request_id(), std::to_string(i));
      EXPECT_EQ(reply->responses(i).top_k(0).label(), i % 3 == 2 ? "shell" : "0");
    }
  }
}

TEST_F(ShippedModelsServed, BatchPredictHasALimit) {
  BatchPredictRequest batch;
  for (int i = 0; i < 1025; ++i) batch.add_requests()->set_model_name("digits");
  const Result<BatchPredictResponse> reply = client_.BatchPredict(batch).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(reply.error().message(), "A batch of 1025 requests is over the limit of 1024 (max_batch)");
  const auto info = grpc::error_info(reply.error());
  EXPECT_EQ(info->reason, "BATCH_TOO_LARGE");
  EXPECT_EQ(info->get("limit"), "1024");
  EXPECT_EQ(info->get("observed"), "1025");
  EXPECT_EQ(info->get("knob"), "max_batch");
}

TEST_F(ShippedModelsServed, StreamingPredictAnswersEachRequestInOrder) {
  auto call = client_.StreamingPredict();
  constexpr int kCount = 100;
  for (int i = 0; i < kCount; ++i) {
    PredictRequest request = digit();
    request.set_request_id(std::to_string(i));
    ASSERT_TRUE(call.write(request).wait());
  }
  call.writes_done().wait();
  for (int i = 0; i < kCount; ++i) {
    const std::optional<PredictResponse> reply = call.read().wait();
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->request_id(), std::to_string(i));
    EXPECT_EQ(reply->top_k(0).label(), "0");
  }
  EXPECT_FALSE(call.read().wait().has_value());
  EXPECT_TRUE(call.finish().wait().ok());
}

TEST_F(ShippedModelsServed, EmbedAndGenerateNameTheModelAndWhatItLacks) {
  EmbedRequest embed;
  embed.set_model_name("digits");
  embed.set_text("hello");
  const Result<EmbedResponse> embedding = client_.Embed(embed).wait();
  ASSERT_FALSE(embedding);
  EXPECT_EQ(embedding.error().code(), StatusCode::kUnimplemented);
  EXPECT_EQ(embedding.error().message(), "Model \"digits\" cannot embed text: it has no tokenizer");
  embed.set_model_name("maxilm");
  EXPECT_EQ(client_.Embed(embed).wait().error().code(), StatusCode::kNotFound);
  embed.clear_model_name();
  EXPECT_EQ(client_.Embed(embed).wait().error().code(), StatusCode::kInvalidArgument);

  GenerateRequest generate;
  generate.set_model_name("magika");
  generate.set_prompt("Once upon a time");
  auto tokens = client_.Generate(generate);
  EXPECT_FALSE(tokens.read().wait().has_value());
  const Status status = tokens.finish().wait();
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
  EXPECT_EQ(status.message(), "Model \"magika\" cannot generate text: it has no tokenizer and no decoder");
}

// --- time, with a model that waits when told to ------------------------------------------------------------

class GatedModelServed : public ::testing::Test {
 protected:
  GatedModelServed() {
    folder_.write("gated/1/model.gated", "");
    folder_.write("gated/model.yaml", "run: worker\n");
    serving_ = std::make_unique<Serving>(folder_.path(), &gate_);
    client_.emplace(serving_->client());
    warm_up_runs_ = gate_.begun();
    gate_.close();
  }
  ~GatedModelServed() override { gate_.open(); }

  static PredictRequest request(float first = 1) {
    PredictRequest it;
    it.set_model_name("gated");
    it.add_features(first);
    it.add_features(2);
    return it;
  }
  /// What was sent before this on the same connection has reached its handler when this returns.
  void wait_until_received() {
    PredictRequest unknown = request();
    unknown.set_model_name("none");
    EXPECT_EQ(client_->Predict(unknown).wait().error().code(), StatusCode::kNotFound);
  }
  int runs() const { return gate_.begun() - warm_up_runs_; }
  void wait_until_running() { gate_.wait_until_begun(warm_up_runs_ + 1); }

  models::testing::TempFolder folder_;
  testing::Gate gate_;
  std::unique_ptr<Serving> serving_;
  std::optional<Client> client_;
  int warm_up_runs_ = 0;
};

TEST_F(GatedModelServed, GivesBackWhatTheModelMade) {
  gate_.open();
  const Result<PredictResponse> reply = client_->Predict(request(7)).wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_THAT(reply->predictions(), ElementsAre(7, 2));
  EXPECT_EQ(reply->top_k_size(), 0) << "no labels";
}

TEST_F(GatedModelServed, DoesNotRunWhatExpiredInTheQueue) {
  auto first = client_->Predict(request());
  wait_until_running();
  PredictRequest hurried = request();
  hurried.set_deadline_ms(20);
  auto second = client_->Predict(hurried);
  auto third = client_->Predict(request(), {.timeout = 1s});
  wait_until_received();
  EXPECT_EQ(third.wait().error().code(), StatusCode::kDeadlineExceeded);
  gate_.open();
  const Result<PredictResponse> reply = second.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(reply.error().message(), "the deadline passed before the model was run");
  EXPECT_TRUE(first.wait());
  EXPECT_TRUE(client_->Predict(request()).wait()) << "behind them all in the one worker's queue";
  EXPECT_EQ(runs(), 2) << "the first and the last";
}

TEST_F(GatedModelServed, DoesNotRunForACallerWhoHasGone) {
  auto first = client_->Predict(request());
  wait_until_running();
  auto second = client_->Predict(request());
  wait_until_received();
  second.cancel();
  EXPECT_EQ(second.wait().error().code(), StatusCode::kCancelled);
  wait_until_received();
  gate_.open();
  EXPECT_TRUE(first.wait());
  EXPECT_TRUE(client_->Predict(request()).wait());
  EXPECT_EQ(runs(), 2) << "the first and the last";
}

TEST_F(GatedModelServed, AnswersLateWhatExpiredWhileItRan) {
  PredictRequest hurried = request();
  hurried.set_deadline_ms(20);
  auto call = client_->Predict(hurried);
  wait_until_running();
  std::this_thread::sleep_for(40ms);
  gate_.open();
  const Result<PredictResponse> reply = call.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(reply.error().message(), "the deadline passed while the model ran");
}

TEST_F(GatedModelServed, BatchPredictStopsAtTheFirstThatExpired) {
  BatchPredictRequest batch;
  for (int i = 0; i < 3; ++i) *batch.add_requests() = request();
  batch.mutable_requests(1)->set_deadline_ms(20);
  auto call = client_->BatchPredict(batch);
  wait_until_running();
  std::this_thread::sleep_for(40ms);
  gate_.open();
  const Result<BatchPredictResponse> reply = call.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(reply.error().message(), "requests[1]: the deadline passed before the model was run");
  EXPECT_EQ(runs(), 1);
}

TEST_F(GatedModelServed, SaysThatAModelIsNotReady) {
  gate_.open();
  ASSERT_TRUE(serving_->repository().unload("gated", 1).ok());
  const Result<PredictResponse> reply = client_->Predict(request()).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kUnavailable);
  EXPECT_EQ(reply.error().message(), "Model \"gated\" version 1 is not ready: UNLOADED");
}

}  // namespace
}  // namespace parlance::dialects::inference
