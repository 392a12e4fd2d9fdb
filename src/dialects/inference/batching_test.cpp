// What requests have to do with each other: runs that they share, states that a stream keeps.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <optional>

#include "dialects/inference/testing/serving.h"
#include "grpc/error_details.h"
#include "models/testing/temp_folder.h"

namespace parlance::dialects::inference {
namespace {

using namespace std::chrono_literals;
using ::inference::BatchPredictRequest;
using ::inference::BatchPredictResponse;
using ::inference::PredictRequest;
using ::inference::PredictResponse;
using testing::Client;
using ::testing::ElementsAre;
using testing::Serving;

class BatchedModelServed : public ::testing::Test {
 protected:
  BatchedModelServed() {
    folder_.write("gated/1/model.gated", "");
    folder_.write("gated/model.yaml", "run: worker\nbatching: {max_batch: 8}\ninstances: 1\n");
    serving_ = std::make_unique<Serving>(folder_.path(), &gate_);
    client_.emplace(serving_->client());
  }
  ~BatchedModelServed() override { gate_.open(); }

  static PredictRequest request(float first, int rows = 1) {
    PredictRequest it;
    it.set_model_name("gated");
    for (int i = 0; i < rows; ++i) {
      it.add_features(first + static_cast<float>(i));
      it.add_features(2);
    }
    it.add_feature_shape(rows);
    it.add_feature_shape(2);
    return it;
  }
  static BatchPredictRequest batch(int count, bool together) {
    BatchPredictRequest all;
    for (int i = 0; i < count; ++i) *all.add_requests() = request(static_cast<float>(i));
    all.set_allow_dynamic_batching(together);
    return all;
  }

  models::testing::TempFolder folder_;
  testing::Gate gate_;
  std::unique_ptr<Serving> serving_;
  std::optional<Client> client_;
};

TEST_F(BatchedModelServed, RequestsOfABatchShareARunWhenTheyMay) {
  const Result<BatchPredictResponse> reply = client_->BatchPredict(batch(6, true)).wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  ASSERT_EQ(reply->responses_size(), 6);
  for (int i = 0; i < 6; ++i) EXPECT_THAT(reply->responses(i).predictions(), ElementsAre(i, 2));
  EXPECT_EQ(serving_->statistics("gated").execution_count, 1U);
  EXPECT_EQ(serving_->statistics("gated").inference_count, 6U);
}

TEST_F(BatchedModelServed, RequestsOfABatchRunAloneOtherwise) {
  const Result<BatchPredictResponse> reply = client_->BatchPredict(batch(3, false)).wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  for (int i = 0; i < 3; ++i) EXPECT_THAT(reply->responses(i).predictions(), ElementsAre(i, 2));
  EXPECT_EQ(serving_->statistics("gated").execution_count, 3U);
}

TEST_F(BatchedModelServed, OneThatExpiredFailsTheWholeBatchAndNothingIsRun) {
  BatchPredictRequest all = batch(4, true);
  all.mutable_requests(2)->set_deadline_ms(-1);
  gate_.close();
  const int begun = gate_.begun();
  auto running = client_->Predict(request(1));
  gate_.wait_until_begun(begun + 1);
  const Result<BatchPredictResponse> reply = client_->BatchPredict(all).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().message(), "requests[2]: the deadline passed before the model was run");
  gate_.open();
  EXPECT_TRUE(running.wait());
  EXPECT_EQ(serving_->statistics("gated").inference_count, 1U);
  EXPECT_EQ(serving_->statistics("gated").dead_work, 0U);
}

TEST_F(BatchedModelServed, OnlyWhatSharesARunOrLiesUnalignedIsCopied) {
  PredictRequest alone = request(1);
  for (int padding = 0; padding < 4; ++padding) {  // the name moves the features by a byte each time
    alone.set_request_id(std::string(static_cast<std::size_t>(padding), 'x'));
    ASSERT_TRUE(client_->Predict(alone).wait());
  }
  EXPECT_EQ(serving_->statistics("gated").copied_bytes, 3U * 8) << "in one of four places they lie aligned";
  ASSERT_TRUE(client_->BatchPredict(batch(6, true)).wait());
  EXPECT_EQ(serving_->statistics("gated").copied_bytes, 3U * 8 + 6 * 8) << "gathered once";
}

TEST_F(BatchedModelServed, MoreRowsThanARunTakesAreSplitAndJoined) {
  const Result<PredictResponse> reply = client_->Predict(request(0, 20)).wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  ASSERT_EQ(reply->predictions_size(), 40);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(reply->predictions(2 * i), static_cast<float>(i));
  EXPECT_THAT(reply->prediction_shape(), ElementsAre(20, 2));
  EXPECT_EQ(serving_->statistics("gated").execution_count, 3U);
  EXPECT_EQ(serving_->statistics("gated").success.count, 1U);
}

TEST_F(BatchedModelServed, ARequestThatIsCancelledInTheQueueIsNotRun) {
  gate_.close();
  const int begun = gate_.begun();
  auto running = client_->Predict(request(1));
  gate_.wait_until_begun(begun + 1);
  auto waiting = client_->Predict(request(2));
  while (serving_->statistics("gated").waiting == 0) std::this_thread::yield();
  waiting.cancel();
  while (serving_->statistics("gated").waiting > 0) std::this_thread::yield();
  gate_.open();
  EXPECT_TRUE(running.wait());
  const scheduling::VersionStatistics statistics = serving_->statistics("gated");
  EXPECT_EQ(statistics.cancelled.count, 1U);
  EXPECT_EQ(statistics.saved_work, 1U);
  EXPECT_EQ(statistics.inference_count, 1U);
}

// --- silero-vad: 32 ms of sound a request, with a state from one to the next ------------------------------

constexpr std::size_t kChunk = 512;
constexpr std::size_t kContext = 64;  // the samples before the chunk

/// The vowel of "hot" at 100 Hz, twice a second: harmonics under four formants.
std::vector<float> vowels(std::size_t samples) {
  constexpr double kRate = 16000;
  constexpr double kPitch = 100;
  constexpr std::array<std::pair<double, double>, 4> kFormants{
      {{700, 110}, {1220, 120}, {2600, 160}, {3300, 200}}};
  std::vector<float> sound(samples);
  double phase = 0;
  for (std::size_t i = 0; i < samples; ++i) {
    const double seconds = static_cast<double>(i) / kRate;
    phase += 2 * std::numbers::pi * (kPitch + 15 * std::sin(2 * std::numbers::pi * 4 * seconds)) / kRate;
    double value = 0;
    for (int harmonic = 1; harmonic < 40; ++harmonic) {
      double amplitude = 0;
      for (std::size_t f = 0; f < kFormants.size(); ++f) {
        const double off = (harmonic * kPitch - kFormants[f].first) / kFormants[f].second;
        amplitude += 1 / (1 + off * off) / static_cast<double>(f + 1);
      }
      value += amplitude * std::sin(harmonic * phase);
    }
    const double loudness = std::sqrt(std::max(0.0, std::sin(2 * std::numbers::pi * 2 * seconds)));
    sound[i] = static_cast<float>(0.08 * value * loudness);
  }
  return sound;
}

/// Inputs of the model: each chunk behind the end of the one before.
std::vector<std::vector<float>> chunks(const std::vector<float>& sound) {
  std::vector<std::vector<float>> all;
  std::vector<float> context(kContext, 0.0F);
  for (std::size_t at = 0; at + kChunk <= sound.size(); at += kChunk) {
    std::vector<float>& chunk = all.emplace_back(context);
    chunk.insert(chunk.end(), sound.begin() + static_cast<std::ptrdiff_t>(at),
                 sound.begin() + static_cast<std::ptrdiff_t>(at + kChunk));
    context.assign(chunk.end() - kContext, chunk.end());
  }
  return all;
}

class SileroServed : public ::testing::Test {
 protected:
  /// The probabilities that a stream gives.
  std::vector<float> stream(const std::vector<float>& sound) {
    auto call = serving_.client().StreamingPredict();
    std::vector<float> probabilities;
    for (const std::vector<float>& chunk : chunks(sound)) {
      PredictRequest request;
      request.set_model_name("silero_vad");
      request.mutable_features()->Add(chunk.begin(), chunk.end());
      EXPECT_TRUE(call.write(request).wait());
      const std::optional<PredictResponse> reply = call.read().wait();
      if (!reply || reply->predictions_size() != 1) break;
      probabilities.push_back(reply->predictions(0));
    }
    call.writes_done().wait();
    const Status status = call.finish().wait();
    EXPECT_TRUE(status.ok()) << status.to_string();
    return probabilities;
  }

  /// The same from the engine, with the state fed by hand.
  std::vector<float> by_hand(const std::vector<float>& sound) {
    const Result<models::ModelHandle> model = serving_.repository().find("silero_vad");
    EXPECT_TRUE(model);
    std::vector<float> probabilities;
    std::vector<float> state(2 * 128, 0.0F);
    for (const std::vector<float>& chunk : chunks(sound)) {
      models::Tensors inputs;
      inputs.push_back(models::Tensor::of<float>("input", {1, kContext + kChunk}, std::span{chunk}));
      inputs.push_back(models::Tensor::of<float>("state", {2, 1, 128}, std::span<const float>{state}));
      model->engine().run(std::move(inputs), [&](Result<models::RunOutputs> outputs) {
        ASSERT_TRUE(outputs) << outputs.error().to_string();
        probabilities.push_back(outputs->tensors.at(0).as<float>()[0]);
        const auto next = outputs->tensors.at(1).as<float>();
        state.assign(next.begin(), next.end());
      });
    }
    return probabilities;
  }

  models::testing::ShippedRepository shipped_{"silero_vad"};
  Serving serving_{shipped_.path()};
};

TEST_F(SileroServed, AStreamKeepsItsStateAndHearsAVoiceButNotSilence) {
  const std::vector<float> voice = vowels(32000);
  const std::vector<float> heard = stream(voice);
  ASSERT_EQ(heard.size(), 62U);
  EXPECT_EQ(heard, by_hand(voice));
  EXPECT_GT(std::ranges::max(heard), 0.8F);
  for (const float probability : stream(std::vector<float>(16000, 0.0F))) EXPECT_LT(probability, 0.1F);
  EXPECT_EQ(stream(voice), heard) << "each stream begins anew";
}

TEST_F(SileroServed, StreamsBesideEachOtherKeepApart) {
  const std::vector<float> voice = vowels(8000);
  const std::vector<float> expected = by_hand(voice);
  auto first = serving_.client().StreamingPredict();
  auto second = serving_.client().StreamingPredict();
  std::size_t index = 0;
  for (const std::vector<float>& chunk : chunks(voice)) {
    PredictRequest request;
    request.set_model_name("silero_vad");
    request.mutable_features()->Add(chunk.begin(), chunk.end());
    for (auto* call : {&first, &second}) {
      ASSERT_TRUE(call->write(request).wait());
      const std::optional<PredictResponse> reply = call->read().wait();
      ASSERT_TRUE(reply.has_value());
      EXPECT_EQ(reply->predictions(0), expected[index]);
    }
    ++index;
  }
}

}  // namespace
}  // namespace parlance::dialects::inference
