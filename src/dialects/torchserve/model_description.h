#pragma once

#include <string>
#include <string_view>

#include "models/repository.h"
#include "scheduling/scheduler.h"

namespace parlance::dialects::torchserve {

/// TorchServe's JSON about models, laid out as Gson does: two blanks a level, members in TorchServe's order.
/// What has no counterpart here is left out.
class ModelDescriber {
 public:
  /// Both outlive it.
  ModelDescriber(const models::Repository& repository, const scheduling::Scheduler& scheduler)
      : repository_(repository), scheduler_(scheduler) {}

  /// An array of the default version, the one named, or of all of them for "all". A version's workers are its
  /// instances once it serves. `customized`: with the model's inputs and outputs. Errors as
  /// find_registered().
  Result<std::string> describe(std::string_view model, std::string_view version, bool customized) const;

  /// The registered models from the `next_page_token`-th on, at most `limit`; 0, less or more than 100: 100.
  std::string list(std::int32_t limit, std::int32_t next_page_token) const;

  /// Runs of that version that may be made at the same time.
  unsigned workers(std::string_view model, std::int64_t version) const;

 private:
  const models::Repository& repository_;
  const scheduling::Scheduler& scheduler_;
};

}  // namespace parlance::dialects::torchserve
