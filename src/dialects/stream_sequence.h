#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "models/model_version.h"
#include "scheduling/inference_request.h"
#include "scheduling/scheduler.h"

namespace parlance::dialects {

/// The requests of one stream as steps of a sequence, for models that keep a state: it begins with the
/// stream's first request for a version and is freed with this.
class StreamSequence {
 public:
  explicit StreamSequence(scheduling::Scheduler& scheduler);
  ~StreamSequence();
  StreamSequence(const StreamSequence&) = delete;
  StreamSequence& operator=(const StreamSequence&) = delete;

  /// Makes `request` the next step; does nothing for a model without a state.
  void add(scheduling::InferenceRequest& request);

 private:
  scheduling::Scheduler& scheduler_;
  const std::string id_;
  std::vector<std::pair<std::string, std::int64_t>> begun_;  // model and version
};

}  // namespace parlance::dialects
