#include "dialects/tfserving/run_model.h"

#include <utility>

namespace parlance::dialects::tfserving {

Task<Result<models::Tensors>> run_model(ServerCall& call, scheduling::Scheduler& scheduler,
                                        models::ModelHandle model, models::Tensors inputs) {
  Result<models::Tensors> bound = models::bind_inputs(model.signature(), std::move(inputs));
  if (!bound) co_return bound.error();
  scheduling::InferenceRequest inference{
      .model = std::move(model), .inputs = *std::move(bound), .deadline = call.deadline()};
  Task<Result<scheduling::InferenceResult>> running = scheduler.infer(call, inference);
  Result<scheduling::InferenceResult> result = co_await std::move(running);
  if (!result) co_return result.error();
  co_return std::move(result->outputs);
}

}  // namespace parlance::dialects::tfserving
