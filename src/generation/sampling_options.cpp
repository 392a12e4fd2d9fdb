#include "generation/sampling_options.h"

#include <cmath>
#include <string_view>

#include "generation/logits.h"

namespace parlance::generation {
namespace {

struct Range {
  std::string_view name;
  float value;
  float least;
  float most;
  bool least_itself = true;

  bool holds() const { return (least_itself ? value >= least : value > least) && value <= most; }
};

}  // namespace

std::optional<std::string> problem_of(const SamplingOptions& options) {
  const Range ranges[] = {
      {"temperature", options.temperature, 0, 2},
      {"top_p", options.top_p, 0, 1, false},
      {"min_p", options.min_p, 0, 1},
      {"repetition_penalty", options.repetition_penalty, 0, 10, false},
      {"presence_penalty", options.presence_penalty, -2, 2},
      {"frequency_penalty", options.frequency_penalty, -2, 2},
  };
  for (const Range& range : ranges) {
    if (range.holds()) continue;
    return std::string(range.name) + " must be " + (range.least_itself ? "from " : "above ") +
           std::to_string(static_cast<int>(range.least)) + (range.least_itself ? " to " : " and at most ") +
           std::to_string(static_cast<int>(range.most)) + ", not " + std::to_string(range.value);
  }
  if (options.top_logprobs > kMaxTopLogprobs)
    return "top_logprobs must be at most " + std::to_string(kMaxTopLogprobs) + ", not " +
           std::to_string(options.top_logprobs);
  if (options.logit_bias.size() > kMaxLogitBiases)
    return "logit_bias must have at most " + std::to_string(kMaxLogitBiases) + " tokens";
  for (const auto& [token, bias] : options.logit_bias) {
    if (token < 0 || std::isnan(bias) || bias == kInfinity)
      return "logit_bias must be numbers below infinity, of tokens from 0 on";
  }
  return std::nullopt;
}

}  // namespace parlance::generation
