#include "app/bench_codec.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "app/codec_trial.h"
#include "parlance/inference.pb.h"

namespace parlance::app {
namespace {

using ::testing::HasSubstr;

class CodecTrials : public ::testing::TestWithParam<std::unique_ptr<CodecTrial> (*)()> {};

TEST_P(CodecTrials, GiveBackWhatTheyWereGiven) {
  const auto trial = GetParam()();
  for (const std::size_t features : {0, 1, 512, 3, 100'000}) {
    const CodecSample sample = CodecSample::make(features);
    trial->encode(sample);
    CodecSample decoded{.request_id = "another", .model_name = "", .model_version = 9, .features = {1, 2, 3}};
    trial->decode(decoded);
    EXPECT_EQ(decoded, sample) << trial->name();
  }
}

INSTANTIATE_TEST_SUITE_P(All, CodecTrials,
                         ::testing::Values(&protobuf_trial, &views_trial, &nlohmann_trial, &fast_json_trial));

TEST(CodecTrials, BothOfProtobufAreTheSameBytesAndBothOfJsonToo) {
  const CodecSample sample = CodecSample::make(512);
  const auto bytes_of = [&](const std::unique_ptr<CodecTrial>& trial) {
    trial->encode(sample);
    return trial->size_bytes();
  };
  EXPECT_EQ(bytes_of(protobuf_trial()), 2'075U);
  EXPECT_EQ(bytes_of(views_trial()), 2'075U);
  EXPECT_EQ(bytes_of(nlohmann_trial()), bytes_of(fast_json_trial()));
}

TEST(CodecBench, MeasuresEveryCodec) {
  const auto results = measure_codecs({.features = 4, .rounds = 3});
  ASSERT_EQ(results.size(), 4U);
  EXPECT_EQ(results.front().name, "libprotobuf");
  for (const CodecResult& result : results) EXPECT_GT(result.size_bytes, 0U);
}

const std::vector<CodecResult> kResults{{"a", 2'076, 0.25, 0.5}, {"b", 5'793, 60, 120.75}};

TEST(CodecReport, IsATableWithWhatIsSaved) {
  EXPECT_THAT(codec_report({}, kResults),
              HasSubstr("   bytes    encode    decode      both  at 10,000 calls/s  more than a\n"
                        "a  2,076  0.250 µs  0.500 µs  0.750 µs    0.8 % of a core\n"
                        "b  5,793   60.0 µs  120.8 µs  180.8 µs         1.81 cores   1.80 cores\n"));
}

TEST(CodecReport, AsJsonHasEveryFigure) {
  const auto document = nlohmann::json::parse(codec_json({}, kResults));
  EXPECT_EQ(document["features"], 512);
  EXPECT_EQ(document["rounds"], 10'000);
  EXPECT_EQ(document["codecs"][1]["name"], "b");
  EXPECT_EQ(document["codecs"][1]["bytes"], 5'793);
  EXPECT_DOUBLE_EQ(document["codecs"][1]["cores_more_than_first"], 1.8);
}

}  // namespace
}  // namespace parlance::app
