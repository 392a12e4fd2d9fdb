#include <fmt/compile.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <nlohmann/json.hpp>

#include "app/codec_trial.h"
#include "base/assert.h"

namespace parlance::app {
namespace {

// The double whose shortest decimals are those of the float: else a writer of doubles prints 17 digits.
double as_short_double(float value) {
  constexpr std::size_t kLongest = 32;
  char digits[kLongest];
  const auto written = std::to_chars(digits, digits + kLongest, value);
  double same = 0;
  std::from_chars(digits, written.ptr, same);
  return same;
}

class NlohmannTrial final : public CodecTrial {
 public:
  std::string_view name() const override { return "nlohmann-json"; }

  void encode(const CodecSample& sample) override {
    if (features_.size() != sample.features.size()) {  // once: the library has no floats
      features_.resize(sample.features.size());
      std::ranges::transform(sample.features, features_.begin(), as_short_double);
    }
    nlohmann::json document;
    document["request_id"] = sample.request_id;
    document["model_name"] = sample.model_name;
    document["model_version"] = sample.model_version;
    document["features"] = features_;
    text_ = document.dump();
  }

  std::size_t size_bytes() const override { return text_.size(); }

  void decode(CodecSample& into) override {
    const auto document = nlohmann::json::parse(text_);
    document.at("request_id").get_to(into.request_id);
    document.at("model_name").get_to(into.model_name);
    document.at("model_version").get_to(into.model_version);
    document.at("features").get_to(into.features);
  }

 private:
  std::vector<double> features_;
  std::string text_;
};

// The names are written as they are: they need no escapes.
class FastJsonTrial final : public CodecTrial {
 public:
  std::string_view name() const override { return "fmt + simdjson"; }

  void encode(const CodecSample& sample) override {
    text_.clear();
    const auto out = std::back_inserter(text_);
    fmt::format_to(out,
                   FMT_COMPILE(R"({{"request_id":"{}","model_name":"{}","model_version":{},"features":[)"),
                   sample.request_id, sample.model_name, sample.model_version);
    for (const float feature : sample.features) fmt::format_to(out, FMT_COMPILE("{},"), feature);
    if (!sample.features.empty()) text_.resize(text_.size() - 1);
    text_.append(std::string_view{"]}"});
    size_bytes_ = text_.size();
    text_.resize(size_bytes_ + simdjson::SIMDJSON_PADDING);
  }

  std::size_t size_bytes() const override { return size_bytes_; }

  void decode(CodecSample& into) override {
    namespace ondemand = simdjson::ondemand;
    ondemand::document document = parser_.iterate(text_.data(), size_bytes_, text_.size());
    into.request_id = std::string_view{document["request_id"]};
    into.model_name = std::string_view{document["model_name"]};
    into.model_version = static_cast<std::int32_t>(std::int64_t{document["model_version"]});
    into.features.clear();
    for (const double feature : document["features"].get_array()) {
      into.features.push_back(static_cast<float>(feature));
    }
  }

 private:
  fmt::memory_buffer text_;
  std::size_t size_bytes_ = 0;  // of text_, without the padding behind it
  simdjson::ondemand::parser parser_;
};

}  // namespace

std::unique_ptr<CodecTrial> nlohmann_trial() { return std::make_unique<NlohmannTrial>(); }
std::unique_ptr<CodecTrial> fast_json_trial() { return std::make_unique<FastJsonTrial>(); }

}  // namespace parlance::app
