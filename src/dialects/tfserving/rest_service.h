#pragma once

#include <memory>

#include "edge/http_call.h"
#include "edge/http_routes.h"
#include "models/repository.h"
#include "scheduling/scheduler.h"

namespace parlance::dialects::tfserving {

/// TensorFlow Serving's REST API from the models of a repository. Thread-safe, as handlers are: every loop
/// calls it.
class RestService {
 public:
  /// Both outlive it.
  RestService(const models::Repository& repository, scheduling::Scheduler& scheduler)
      : repository_(repository), scheduler_(scheduler) {}

  Task<Result<edge::HttpResponse>> status(edge::HttpCall& call) const;
  Task<Result<edge::HttpResponse>> metadata(edge::HttpCall& call) const;
  Task<Result<edge::HttpResponse>> predict(edge::HttpCall& call) const;
  Task<Result<edge::HttpResponse>> classify(edge::HttpCall& call) const;
  Task<Result<edge::HttpResponse>> regress(edge::HttpCall& call) const;

 private:
  const models::Repository& repository_;
  scheduling::Scheduler& scheduler_;
};

/// Adds /v1/models/{model} with /versions/{version}, /labels/{label}, /metadata and the methods :predict,
/// :classify and :regress, and that their errors are {"error": "…"}. GET /v1/models/{model} alone is
/// another's, the OpenAI API's, whose answer is this API's, too (version_states()).
void add_routes(std::shared_ptr<const RestService> service, edge::HttpRoutes& routes);

}  // namespace parlance::dialects::tfserving
