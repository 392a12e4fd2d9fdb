#include "models/backend.h"

#include <utility>

namespace parlance::models {

void LoadedModel::run_stream(Tensors inputs, std::shared_ptr<OutputSink> sink, RunCompletion done) {
  run(std::move(inputs),
      [sink = std::move(sink), done = std::move(done)](Result<RunOutputs> outputs) mutable {
        if (outputs) {
          sink->take(*std::move(outputs));
          outputs = RunOutputs{};
        }
        done(std::move(outputs));
      });
}

}  // namespace parlance::models
