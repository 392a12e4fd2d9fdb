#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "models/repository.h"
#include "parlance/management.parlance.h"
#include "scheduling/scheduler.h"

namespace parlance::dialects::management {

namespace messages = ::parlance::management::v1;

/// One value of the enumeration for each state.
messages::ModelState to_message(models::VersionState state);
messages::MemoryReceipt to_message(const models::MemoryReceipt& receipt);
messages::ModelEvent::Change to_message(const models::VersionStatus& status);
google::protobuf::Duration to_message(Duration duration);
google::protobuf::Timestamp to_message(std::chrono::system_clock::time_point time);

/// What is known of the models of `repository`, each version with its signature and settings as long as it is
/// READY, and with what `scheduler` counted of it.
class ModelDescriber {
 public:
  /// Both outlive it.
  ModelDescriber(const models::Repository& repository, const scheduling::Scheduler& scheduler)
      : repository_(repository), scheduler_(scheduler) {}

  /// `models` empty: all. Names that are not there are left out.
  messages::ListModelsResponse list(const google::protobuf::RepeatedPtrField<std::string>& models) const;
  /// `version` 0: every one. NOT_FOUND, naming what there is.
  Result<messages::Model> describe(std::string_view model, std::int64_t version) const;
  /// The latest first, at most `limit`; 0: all that are kept. `model` empty: of all; `version` 0: of every
  /// one. NOT_FOUND for a model or version that is not there.
  Result<messages::ListBatchesResponse> batches(std::string_view model, std::int64_t version,
                                                std::size_t limit) const;

 private:
  using Statistics = std::vector<scheduling::VersionStatistics>;
  Result<messages::Model> describe(std::string_view model, std::int64_t version,
                                   const Statistics& statistics) const;
  messages::ModelVersion describe(const models::VersionStatus& status, const Statistics& statistics) const;

  const models::Repository& repository_;
  const scheduling::Scheduler& scheduler_;
};

}  // namespace parlance::dialects::management
