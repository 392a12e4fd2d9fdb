#include "scheduling/generation/generation_errors.h"

#include <algorithm>
#include <chrono>

#include "base/concat.h"
#include "grpc/error_details.h"
#include "models/grammar/text_format.h"
#include "scheduling/errors.h"

namespace parlance::scheduling {
namespace {

using generation::Refusal;
using generation::SequenceRequest;

/// Streams last for seconds: before one of them ends there is no place.
constexpr Duration kRetryAfter = std::chrono::seconds{1};

Status invalid(const std::string& model, const std::string& problem, const char* knob) {
  return grpc::make_error(StatusCode::kInvalidArgument, "INVALID_INPUT",
                          concat("Model \"", model, "\": ", problem), {{"hop", "server"}, {"knob", knob}});
}

Status too_long(const std::string& model, const SequenceRequest& request, std::size_t most) {
  return grpc::make_error(StatusCode::kInvalidArgument, "PROMPT_TOO_LONG",
                          concat("Model \"", model, "\" has a context of ", most, " tokens; the prompt has ",
                                 request.prompt.size(), " and max_tokens is ", request.max_tokens),
                          {{"hop", "server"},
                           {"limit", std::to_string(most)},
                           {"observed", std::to_string(request.prompt.size() + request.max_tokens)},
                           {"knob", "max_tokens"}});
}

Status more_than_all_pages(const std::string& model, const SequenceRequest& request, std::size_t most) {
  return grpc::make_error(
      StatusCode::kResourceExhausted, "KV_CACHE_TOO_SMALL",
      concat("The key/value cache of model \"", model, "\" holds ", most, " tokens; the prompt has ",
             request.prompt.size(), " and max_tokens is ", request.max_tokens),
      {{"hop", "server"},
       {"limit", std::to_string(most)},
       {"observed", std::to_string(request.prompt.size() + request.max_tokens)},
       {"knob", "max_tokens"}});
}

Status failed(const std::string& model, std::string_view problem) {
  return grpc::make_error(StatusCode::kInternal, "INFERENCE_FAILED",
                          concat("Inference failed: model \"", model, "\": ", problem), {{"hop", "server"}});
}

}  // namespace

std::optional<Status> problem_of(const std::string& model, const GenerationRequest& request,
                                 const GenerationLimits& limits, const generation::StepEngine& engine) {
  const SequenceRequest& sequence = request.sequence;
  const auto refusal =
      generation::refusal_of(sequence, limits.planner, engine.pages(), engine.block_tokens());
  if (refusal == Refusal::kTooLong) return too_long(model, sequence, limits.planner.max_sequence_tokens);
  if (refusal == Refusal::kMoreThanAllPages)
    return more_than_all_pages(model, sequence, engine.pages() * engine.block_tokens());
  if (refusal)
    return invalid(model, std::string{generation::to_string(*refusal)},
                   sequence.prompt.empty() ? "prompt" : "max_tokens");
  const auto is_known = [&](generation::Token token) {
    return token >= 0 && static_cast<std::size_t>(token) < engine.vocabulary();
  };
  if (const auto unknown = std::ranges::find_if_not(sequence.prompt, is_known);
      unknown != sequence.prompt.end())
    return invalid(model, concat("it has no token ", *unknown, " of the prompt"), "prompt");
  if (const auto problem = generation::problem_of(request.sampling))
    return invalid(model, *problem, "sampling");
  return std::nullopt;
}

Status too_many_open(const std::string& model, std::size_t open) {
  return queue_full(model, open, kRetryAfter);
}

Status cannot_sample(const std::string& model, generation::SamplingError error,
                     const GenerationRequest& request) {
  const bool is_callers = error == generation::SamplingError::kNothingAllowed;
  if (is_callers && request.grammar != nullptr)
    return invalid(model, "none of its tokens can go on with the text in the form that was asked for",
                   models::kFormatKnob);
  if (is_callers && !request.sampling.logit_bias.empty())
    return invalid(model, std::string{generation::to_string(error)}, "logit_bias");
  return failed(model, generation::to_string(error));
}

Status wrong_logits(const std::string& model, std::size_t wanted, std::size_t given) {
  return failed(model, concat("a step gave ", given, " logits, not ", wanted));
}

Status engine_failed(const std::string& model, std::string_view problem) { return failed(model, problem); }

Status slow_reader(const std::string& model, Duration limit, std::string_view knob) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
  return grpc::make_error(StatusCode::kResourceExhausted, "SLOW_READER",
                          concat("Model \"", model, "\" has waited for ", ms,
                                 " ms for its answer to be read, and goes on no more"),
                          {{"hop", "server"}, {"limit", std::to_string(ms)}, {"knob", std::string{knob}}});
}

Status model_unloaded(const std::string& model) {
  return grpc::make_error(StatusCode::kUnavailable, "MODEL_UNLOADED",
                          concat("Model \"", model, "\" is being unloaded"), {{"hop", "server"}});
}

}  // namespace parlance::scheduling
