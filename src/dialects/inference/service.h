#pragma once

#include <string_view>
#include <vector>

#include "dialects/inference/limits.h"
#include "dialects/inference/prediction.h"
#include "models/repository.h"
#include "parlance/inference.parlance.h"
#include "scheduling/scheduler.h"
#include "text/resumable_streams.h"

namespace parlance::dialects::inference {

/// Serves inference.InferenceService from the models of a repository. Statuses and texts of bad requests are
/// those of Prediction; what is particular to a method stands beside it. Thread-safe, as handlers are: every
/// loop calls it.
class InferenceServiceHandler final : public ::inference::InferenceService::ViewHandler {
 public:
  /// Both must outlive the server; the repository's versions have their queues in `scheduler`.
  InferenceServiceHandler(const models::Repository& repository, scheduling::Scheduler& scheduler,
                          Limits limits = {}, text::ResumableLimits resumable = {})
      : repository_(repository), scheduler_(scheduler), limits_(limits), resumable_(resumable) {}

  /// The server stops: streams whose client is away are not waited for any longer.
  void stop() { resumable_.stop(); }

  /// Trailers of an answer: x-model-version, and x-inference-latency-ms with two decimals.
  Task<Result<Written<::inference::PredictResponseFields>>> Predict(
      ServerCall& call, Incoming<::inference::PredictRequestView> request) override;

  /// RESOURCE_EXHAUSTED for more requests than limits.max_batch; an error of a request fails the call and
  /// begins "requests[N]: ". No request is run unless all are right. With allow_dynamic_batching they go into
  /// their models' queues together and may share runs, with those of others, too; without, each is run alone,
  /// one after the other.
  Task<Result<Written<::inference::BatchPredictResponseFields>>> BatchPredict(
      ServerCall& call, Incoming<::inference::BatchPredictRequestView> request) override;

  /// Answers each request before it reads the next. For a model that keeps a state the stream is one
  /// sequence. An error of one ends the call and begins "requests[N]: ".
  Task<Status> StreamingPredict(ServerCall& call, Reader<::inference::PredictRequestView>& in,
                                Writer<::inference::PredictResponseFields>& out) override;

  /// The embedding of a text, from the default version of its model; trailers as Predict, x-parlance-tokens
  /// (how many of the text the model was given) and x-parlance-truncated: true when there were more. Errors
  /// as text::embed().
  Task<Result<Written<::inference::EmbedResponseFields>>> Embed(
      ServerCall& call, Incoming<::inference::EmbedRequestView> request) override;

  /// The tokens as they are made, each sent in the loop turn in which its step ends; to_tokens() says how
  /// they end. Requests as to_generate_request(), errors as text::generate(); trailer x-model-version. A
  /// stream can be resumed by another call when its metadata ask for that (resumable_call.h).
  Task<Status> Generate(ServerCall& call, Incoming<::inference::GenerateRequestView> request,
                        Writer<::inference::GenerateTokenFields>& out) override;

 private:
  Result<std::vector<Prediction>> make_all(const ::inference::BatchPredictRequestView& batch,
                                           const ServerCall& call) const;

  const models::Repository& repository_;
  scheduling::Scheduler& scheduler_;
  const Limits limits_;
  text::ResumableStreams resumable_;
};

}  // namespace parlance::dialects::inference
