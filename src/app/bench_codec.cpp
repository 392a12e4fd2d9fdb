#include "app/bench_codec.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <memory>
#include <random>

#include "app/codec_trial.h"
#include "app/exit_codes.h"
#include "base/assert.h"

namespace parlance::app {
namespace {

constexpr std::uint64_t kTurns = 20;

double thread_us() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

double median(std::vector<double>& values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// One codec with its turns so far.
class Contender {
 public:
  Contender(std::unique_ptr<CodecTrial> trial, const CodecSample& sample)
      : trial_(std::move(trial)), sample_(sample) {
    turn(1);
    require(decoded_ == sample_, "bench codec: what was decoded is not what was encoded");
    encode_us_.clear();
    decode_us_.clear();
  }

  void turn(std::uint64_t rounds) {
    const double begin = thread_us();
    for (std::uint64_t i = 0; i < rounds; ++i) trial_->encode(sample_);
    const double middle = thread_us();
    for (std::uint64_t i = 0; i < rounds; ++i) trial_->decode(decoded_);
    const double end = thread_us();
    encode_us_.push_back((middle - begin) / static_cast<double>(rounds));
    decode_us_.push_back((end - middle) / static_cast<double>(rounds));
  }

  CodecResult result() {
    return {std::string{trial_->name()}, trial_->size_bytes(), median(encode_us_), median(decode_us_)};
  }

 private:
  std::unique_ptr<CodecTrial> trial_;
  const CodecSample& sample_;
  CodecSample decoded_;
  std::vector<double> encode_us_;
  std::vector<double> decode_us_;
};

}  // namespace

CodecSample CodecSample::make(std::size_t features) {
  constexpr unsigned kSeed = 7;
  std::mt19937 random{kSeed};
  std::uniform_real_distribution<float> values{-1, 1};
  CodecSample sample{
      .request_id = "req-000001", .model_name = "resnet50", .model_version = 1, .features = {}};
  sample.features.resize(features);
  std::ranges::generate(sample.features, [&] { return values(random); });
  return sample;
}

std::vector<CodecResult> measure_codecs(const CodecBenchRequest& request) {
  const CodecSample sample = CodecSample::make(request.features);
  std::vector<Contender> contenders;
  for (auto make : {&protobuf_trial, &views_trial, &nlohmann_trial, &fast_json_trial}) {
    contenders.emplace_back(make(), sample);
  }
  const std::uint64_t turns = std::min(kTurns, request.rounds);
  for (std::uint64_t turn = 0; turn < turns; ++turn) {
    const std::uint64_t rounds = request.rounds / turns + (turn < request.rounds % turns ? 1 : 0);
    for (Contender& contender : contenders) contender.turn(rounds);
  }
  std::vector<CodecResult> results;
  for (Contender& contender : contenders) results.push_back(contender.result());
  return results;
}

int bench_codec(const CodecBenchRequest& request) {
  const std::vector<CodecResult> results = measure_codecs(request);
  const std::string text = request.json ? codec_json(request, results) : codec_report(request, results);
  std::fputs(text.c_str(), stdout);
  return kExitOk;
}

}  // namespace parlance::app
