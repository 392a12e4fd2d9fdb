#pragma once

#include <cstdint>
#include <memory>

#include "dialects/openai/request_limits.h"
#include "edge/http_call.h"
#include "edge/http_routes.h"
#include "models/repository.h"
#include "scheduling/scheduler.h"

namespace parlance::dialects::openai {

/// The OpenAI API from the models of a repository: GET /v1/models and /v1/models/{id}, POST /v1/completions,
/// /v1/chat/completions and /v1/embeddings. Thread-safe, as handlers are: every loop calls it.
class OpenAiService {
 public:
  /// Both outlive it.
  OpenAiService(const models::Repository& repository, scheduling::Scheduler& scheduler,
                RequestLimits limits = {});

  /// Models that have a tokenizer, by name: those that can be asked anything here.
  Task<Result<edge::HttpResponse>> list_models(edge::HttpCall& call) const;
  /// Also what TensorFlow Serving answers to that path: where the model's versions stand (version_states()).
  Task<Result<edge::HttpResponse>> model(edge::HttpCall& call) const;
  /// Goes on with the prompts; n texts of each, all at once.
  Task<Result<edge::HttpResponse>> completions(edge::HttpCall& call) const;
  /// Answers a conversation, by way of the model's chat template. FAILED_PRECONDITION, CHAT_TEMPLATE_MISSING,
  /// for a model without one; INVALID_ARGUMENT for messages that spell out a special token of the model.
  Task<Result<edge::HttpResponse>> chat(edge::HttpCall& call) const;
  /// Every input is a request of its own, and may share runs with others; scaled to length 1. A text that is
  /// longer than the model takes is refused unless the request asks for it to be cut.
  Task<Result<edge::HttpResponse>> embeddings(edge::HttpCall& call) const;

 private:
  const models::Repository& repository_;
  scheduling::Scheduler& scheduler_;
  const RequestLimits limits_;
  const std::int64_t created_;  // of all models: when this was made, in seconds since 1970
};

/// Adds its paths, and that errors of all below /v1/ are in its shape.
void add_routes(std::shared_ptr<const OpenAiService> service, edge::HttpRoutes& routes);

}  // namespace parlance::dialects::openai
