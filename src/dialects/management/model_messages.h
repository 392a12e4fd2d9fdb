#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "models/repository.h"
#include "parlance/management.parlance.h"

namespace parlance::dialects::management {

namespace messages = ::parlance::management::v1;

/// One value of the enumeration for each state.
messages::ModelState to_message(models::VersionState state);
messages::ModelEvent::Change to_message(const models::VersionStatus& status);
google::protobuf::Duration to_message(Duration duration);
google::protobuf::Timestamp to_message(std::chrono::system_clock::time_point time);

/// What is known of the models of `repository`, each version with its signature and settings as long as it is
/// READY.
class ModelDescriber {
 public:
  /// Outlived by `repository`.
  explicit ModelDescriber(const models::Repository& repository) : repository_(repository) {}

  /// `models` empty: all. Names that are not there are left out.
  messages::ListModelsResponse list(const google::protobuf::RepeatedPtrField<std::string>& models) const;
  /// `version` 0: every one. NOT_FOUND, naming what there is.
  Result<messages::Model> describe(std::string_view model, std::int64_t version) const;

 private:
  messages::ModelVersion describe(const models::VersionStatus& status) const;

  const models::Repository& repository_;
};

}  // namespace parlance::dialects::management
