#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::app {

/// What a program holds and wants to send, and to have on the other side: a PredictRequest in its own types.
struct CodecSample {
  std::string request_id;
  std::string model_name;
  std::int32_t model_version = 0;
  std::vector<float> features;
  bool operator==(const CodecSample&) const = default;

  /// With that many features in [-1, 1), the same in every run.
  static CodecSample make(std::size_t features);
};

/// One way to turn a sample into bytes and back. Keeps what memory it needs between rounds, as a server does.
class CodecTrial {
 public:
  virtual ~CodecTrial() = default;

  virtual std::string_view name() const = 0;
  virtual void encode(const CodecSample& sample) = 0;
  /// Of what was encoded last.
  virtual std::size_t size_bytes() const = 0;
  /// What was encoded last; `into` keeps its memory.
  virtual void decode(CodecSample& into) = 0;
};

std::unique_ptr<CodecTrial> protobuf_trial();
/// Generated views and Fields.
std::unique_ptr<CodecTrial> views_trial();
std::unique_ptr<CodecTrial> nlohmann_trial();
/// JSON as fast as it is to be had: written by fmt, read by simdjson on demand.
std::unique_ptr<CodecTrial> fast_json_trial();

}  // namespace parlance::app
