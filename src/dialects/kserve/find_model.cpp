#include "dialects/kserve/find_model.h"

#include <algorithm>
#include <string>

#include "base/concat.h"
#include "dialects/invalid_input.h"

namespace parlance::dialects::kserve {
namespace {

bool is_number(std::string_view text) {
  return std::ranges::all_of(text, [](char each) { return each >= '0' && each <= '9'; });
}

/// What Triton says of a model that is not there, or not ready.
std::string unknown(const models::Repository& repository, std::string_view model, std::string_view version,
                    StatusCode code) {
  const std::string named = concat("Request for unknown model: '", model, "'");
  const auto versions = repository.versions();
  const bool is_there = std::ranges::find(versions, model, &models::VersionStatus::model) != versions.end();
  if (version.empty() || !is_there)
    return concat(named, is_there ? " has no available versions" : " is not found");
  return concat(named, " version ", version,
                code == StatusCode::kUnavailable ? " is not at ready state" : " is not found");
}

}  // namespace

Result<models::ModelHandle> find_model(const models::Repository& repository, std::string_view model,
                                       std::string_view version) {
  Result<models::ModelHandle> found = repository.find(model, version);
  if (found) return found;
  const Status& failed = found.error();
  if (failed.code() == StatusCode::kNotFound && !is_number(version) &&
      !repository.labels(model).contains(std::string{version}))
    return invalid(concat("failed to get model version from specified version string '", version,
                          "', version should be an integral value > 0 (", failed.message(), ")"));
  return std::unexpected{
      Status{failed.code(),
             concat(unknown(repository, model, version, failed.code()), " (", failed.message(), ")"),
             {failed.details().begin(), failed.details().end()}}};
}

}  // namespace parlance::dialects::kserve
