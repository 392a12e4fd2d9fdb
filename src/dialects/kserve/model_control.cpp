#include "dialects/kserve/model_control.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/kserve/errors.h"
#include "dialects/kserve/model_config_message.h"

namespace parlance::dialects::kserve {
namespace {

std::string_view to_index_state(models::VersionState state) {
  switch (state) {
    case models::VersionState::kLoading:
    case models::VersionState::kWarming:
      return "LOADING";
    case models::VersionState::kReady:
      return "READY";
    case models::VersionState::kDraining:
      return "UNLOADING";
    case models::VersionState::kUnloaded:
    case models::VersionState::kFailed:
      return "UNAVAILABLE";
  }
  return "UNKNOWN";
}

template <typename Request>
Status check_repository(const Request& request) {
  if (request.repository_name().empty()) return {};
  return not_served("'repository_name' specification is not supported").error();
}

/// The parameter `config` of a load, if there is one; the others are refused.
Result<std::optional<std::string>> read_config(const ::inference::RepositoryModelLoadRequest& request) {
  std::optional<std::string> config;
  for (const auto& [name, value] : request.parameters()) {
    if (name == "config") {
      if (!value.has_string_param())
        return invalid("invalid value type for load parameter 'config', expected string_param.");
      config = value.string_param();
    } else if (name.starts_with("file:")) {
      return not_served(concat("load parameter '", name,
                               "': models are loaded from the server's repository only; put the file there"));
    } else {
      return invalid(concat("unrecognized load parameter '", name, "'."));
    }
  }
  return config;
}

}  // namespace

Result<::inference::RepositoryIndexResponse> index(const ::inference::RepositoryIndexRequest& request,
                                                   const models::Repository& repository) {
  if (Status status = check_repository(request); !status.ok()) return std::unexpected{std::move(status)};
  ::inference::RepositoryIndexResponse response;
  for (const models::VersionStatus& status : repository.versions()) {
    if (request.ready() && status.state != models::VersionState::kReady) continue;
    auto& model = *response.add_models();
    model.set_name(status.model);
    if (status.version != 0) model.set_version(std::to_string(status.version));
    model.set_state(std::string{to_index_state(status.state)});
    model.set_reason(status.reason);
  }
  return response;
}

Status load(const ::inference::RepositoryModelLoadRequest& request, models::Repository& repository) {
  if (Status status = check_repository(request); !status.ok()) return status;
  const Result<std::optional<std::string>> config = read_config(request);
  if (!config) return config.error();
  if (!*config) return repository.load(request.model_name());
  Result<models::ModelConfig> read = read_config_override(**config, request.model_name());
  if (!read) return std::move(read).error();
  return repository.load(request.model_name(), 0,
                         [in_place = *std::move(read)](models::ModelConfig& from_files) {
                           from_files = in_place;
                           return Status{};
                         });
}

Status unload(const ::inference::RepositoryModelUnloadRequest& request, models::Repository& repository) {
  if (Status status = check_repository(request); !status.ok()) return status;
  const auto dependents = request.parameters().find("unload_dependents");
  if (dependents != request.parameters().end() && !dependents->second.has_bool_param())
    return invalid("invalid value type for 'unload_dependents' parameter, expected bool_param.").error();
  bool is_there = false;
  for (const models::VersionStatus& each : repository.versions()) {
    if (each.model != request.model_name()) continue;
    is_there = true;
    if (each.state != models::VersionState::kReady) continue;
    const Status status =
        repository.unload(each.model, each.version, Deadline::after(Clock::now(), Duration{}));
    if (!status.ok() && status.code() != StatusCode::kDeadlineExceeded) return status;
  }
  if (is_there) return {};
  const Result<models::ModelHandle> none = repository.find(request.model_name());
  return none ? Status{} : none.error();
}

}  // namespace parlance::dialects::kserve
