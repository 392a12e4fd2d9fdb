#include "dialects/torchserve/registered.h"

#include <algorithm>
#include <charconv>

#include "base/concat.h"
#include "dialects/torchserve/exceptions.h"
#include "dialects/torchserve/versions.h"

namespace parlance::dialects::torchserve {
namespace {

using models::VersionState;
using models::VersionStatus;

bool is_registered(const VersionStatus& status) {
  const bool serves_or_will = status.state == VersionState::kReady ||
                              status.state == VersionState::kLoading ||
                              status.state == VersionState::kWarming;
  return serves_or_will && status.version != 0;
}

// 0: neither a number nor a label.
std::int64_t number_of(const models::Repository& repository, std::string_view model,
                       std::string_view version) {
  const auto labels = repository.labels(model);
  if (const auto label = labels.find(std::string{version}); label != labels.end()) return label->second;
  const std::string_view digits = version_of(version);
  std::int64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, number);
  return error == std::errc{} && rest == end ? number : 0;
}

}  // namespace

std::vector<VersionStatus> registered(const models::Repository& repository, std::string_view model) {
  std::vector<VersionStatus> versions;
  for (VersionStatus& status : repository.versions())
    if (status.model == model && is_registered(status)) versions.push_back(std::move(status));
  return versions;
}

std::vector<std::string> registered(const models::Repository& repository) {
  std::vector<std::string> names;
  for (VersionStatus& status : repository.versions()) {
    const bool is_new = names.empty() || names.back() != status.model;
    if (is_new && is_registered(status)) names.push_back(std::move(status.model));
  }
  return names;
}

std::int64_t default_of(const models::Repository& repository, std::string_view model) {
  if (const auto handle = repository.find(model)) return handle->version();
  const std::vector<VersionStatus> versions = registered(repository, model);
  return versions.empty() ? 0 : versions.back().version;
}

Result<VersionStatus> find_registered(const models::Repository& repository, std::string_view model,
                                      std::string_view version) {
  if (model.empty())
    return std::unexpected{thrown(Exception::kBadRequest, "Parameter model_name is required.")};
  const std::vector<VersionStatus> versions = registered(repository, model);
  if (versions.empty())
    return std::unexpected{thrown(Exception::kModelNotFound, concat("Model not found: ", model))};
  const std::int64_t number =
      version.empty() ? default_of(repository, model) : number_of(repository, model, version);
  const auto found = std::ranges::find(versions, number, &VersionStatus::version);
  if (found != versions.end()) return *found;
  return std::unexpected{thrown(Exception::kModelVersionNotFound,
                                concat("Model version: ", version, " does not exist for model: ", model))};
}

}  // namespace parlance::dialects::torchserve
