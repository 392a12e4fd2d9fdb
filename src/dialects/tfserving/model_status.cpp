#include "dialects/tfserving/model_status.h"

#include <string>

#include "base/concat.h"
#include "dialects/version_states.h"
#include "grpc/error_details.h"

namespace parlance::dialects::tfserving {
namespace {

std::unexpected<Status> not_found(std::string_view reason, std::string message) {
  return std::unexpected{
      grpc::make_error(StatusCode::kNotFound, reason, std::move(message), {{"hop", "server"}})};
}

}  // namespace

Result<std::vector<models::VersionStatus>> model_status(const models::Repository& repository,
                                                        const ModelChoice& choice) {
  const Result<std::optional<std::int64_t>> wanted = version_of(repository, choice);
  if (!wanted) return std::unexpected{wanted.error()};
  std::vector<models::VersionStatus> versions = versions_of(repository, choice.name);
  std::erase_if(versions,
                [&](const models::VersionStatus& version) { return *wanted && version.version != **wanted; });
  if (!versions.empty()) return versions;
  if (!*wanted)
    return not_found("MODEL_NOT_FOUND", concat("Could not find any versions of model ", choice.name));
  return not_found("MODEL_VERSION_NOT_FOUND",
                   concat("Could not find version ", **wanted, " of model ", choice.name));
}

}  // namespace parlance::dialects::tfserving
