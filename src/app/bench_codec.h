#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/deadline.h"

namespace parlance::app {

/// What `parlance bench codec` can be told.
struct CodecBenchRequest {
  std::size_t features = 512;
  std::uint64_t rounds = 10'000;
  bool json = false;
};

/// What one codec needs for a PredictRequest.
struct CodecResult {
  std::string name;
  std::size_t size_bytes = 0;
  double encode_us = 0;  // of processor time
  double decode_us = 0;
  double both_us() const { return encode_us + decode_us; }
};

/// Every codec on the same sample, in turns, so that a machine that changes its speed changes it for all. The
/// medians of its turns. Ends the process when one does not give back what it was given.
std::vector<CodecResult> measure_codecs(const CodecBenchRequest& request);

/// The first result is what the others are compared with.
std::string codec_report(const CodecBenchRequest& request, const std::vector<CodecResult>& results);
std::string codec_json(const CodecBenchRequest& request, const std::vector<CodecResult>& results);

/// `parlance bench codec`. Returns the exit code.
int bench_codec(const CodecBenchRequest& request);

}  // namespace parlance::app
