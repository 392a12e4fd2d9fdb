#include <google/protobuf/arena.h>

#include <array>

#include "app/codec_trial.h"
#include "base/assert.h"
#include "parlance/inference.pb.h"
#include "parlance/inference.views.h"
#include "wire/parsed.h"

namespace parlance::app {
namespace {

// Messages on an arena that is used again and again.
class ProtobufTrial final : public CodecTrial {
 public:
  std::string_view name() const override { return "libprotobuf"; }

  void encode(const CodecSample& sample) override {
    auto& message = fresh_message();
    message.set_request_id(sample.request_id);
    message.set_model_name(sample.model_name);
    message.set_model_version(sample.model_version);
    message.mutable_features()->Add(sample.features.begin(), sample.features.end());
    require(message.SerializeToString(&bytes_), "libprotobuf: cannot write the message");
  }

  std::size_t size_bytes() const override { return bytes_.size(); }

  void decode(CodecSample& into) override {
    auto& message = fresh_message();
    require(message.ParseFromString(bytes_), "libprotobuf: cannot read the message");
    into.request_id = message.request_id();
    into.model_name = message.model_name();
    into.model_version = message.model_version();
    into.features.assign(message.features().begin(), message.features().end());
  }

 private:
  static constexpr std::size_t kBlockBytes = 64 * 1024;

  inference::PredictRequest& fresh_message() {
    arena_.Reset();
    return *google::protobuf::Arena::CreateMessage<inference::PredictRequest>(&arena_);
  }
  google::protobuf::ArenaOptions options() {
    google::protobuf::ArenaOptions options;
    options.initial_block = block_.data();
    options.initial_block_size = block_.size();
    return options;
  }

  alignas(8) std::array<char, kBlockBytes> block_;
  google::protobuf::Arena arena_{options()};
  std::string bytes_;
};

class ViewsTrial final : public CodecTrial {
 public:
  std::string_view name() const override { return "Parlance views"; }

  void encode(const CodecSample& sample) override {
    bytes_ = wire::to_bytes(inference::PredictRequestFields{.request_id = sample.request_id,
                                                            .model_name = sample.model_name,
                                                            .model_version = sample.model_version,
                                                            .features = sample.features});
  }

  std::size_t size_bytes() const override { return bytes_.size(); }

  void decode(CodecSample& into) override {
    const auto request = wire::Parsed<inference::PredictRequestView>::of(bytes_.bytes());
    require(request.has_value(), "views: cannot read the message");
    into.request_id = (*request)->request_id();
    into.model_name = (*request)->model_name();
    into.model_version = (*request)->model_version();
    const auto features = (*request)->features();
    into.features.resize(features.size());
    features.copy_to(into.features);
  }

 private:
  Buffer bytes_;
};

}  // namespace

std::unique_ptr<CodecTrial> protobuf_trial() { return std::make_unique<ProtobufTrial>(); }
std::unique_ptr<CodecTrial> views_trial() { return std::make_unique<ViewsTrial>(); }

}  // namespace parlance::app
