#include "dialects/version_states.h"

#include <string>

namespace parlance::dialects {

using nlohmann::ordered_json;

std::vector<models::VersionStatus> versions_of(const models::Repository& repository, std::string_view model) {
  std::vector<models::VersionStatus> versions = repository.versions();
  std::erase_if(versions, [&](const models::VersionStatus& version) { return version.model != model; });
  return versions;
}

std::string_view tensorflow_state(models::VersionState state) {
  switch (state) {
    case models::VersionState::kLoading:
    case models::VersionState::kWarming:
      return "LOADING";
    case models::VersionState::kReady:
      return "AVAILABLE";
    case models::VersionState::kDraining:
      return "UNLOADING";
    case models::VersionState::kUnloaded:
    case models::VersionState::kFailed:
      break;
  }
  return "END";
}

ordered_json version_states(const std::vector<models::VersionStatus>& versions) {
  ordered_json states = ordered_json::array();
  for (const models::VersionStatus& version : versions) {
    const bool failed = version.state == models::VersionState::kFailed;
    states.push_back({{"version", std::to_string(version.version)},
                      {"state", tensorflow_state(version.state)},
                      {"status",
                       {{"error_code", failed ? "FAILED_PRECONDITION" : "OK"},
                        {"error_message", failed ? version.reason : std::string{}}}}});
  }
  return states;
}

}  // namespace parlance::dialects
