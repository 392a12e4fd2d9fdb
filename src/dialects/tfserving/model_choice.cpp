#include "dialects/tfserving/model_choice.h"

#include <map>
#include <string>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/tfserving/errors.h"
#include "google/protobuf/wrappers.views.h"

namespace parlance::dialects::tfserving {

ModelChoice to_choice(const ::tensorflow::serving::ModelSpecView& spec) {
  ModelChoice choice{.name = spec.name(), .version = {}, .label = {}, .signature = spec.signature_name()};
  if (spec.has_version()) choice.version = spec.version().value();
  if (spec.has_version_label()) choice.label = spec.version_label();
  return choice;
}

Result<std::optional<std::int64_t>> version_of(const models::Repository& repository,
                                               const ModelChoice& choice) {
  if (!choice.label) return choice.version;
  const std::map<std::string, std::int64_t> labels = repository.labels(choice.name);
  const auto meant = labels.find(std::string{*choice.label});
  if (meant == labels.end()) return invalid(concat("Unrecognized servable version label: ", *choice.label));
  return meant->second;
}

Result<models::ModelHandle> find_model(const models::Repository& repository, const ModelChoice& choice) {
  if (choice.name.empty()) return invalid("ModelSpec has no name specified.");
  const Result<std::optional<std::int64_t>> version = version_of(repository, choice);
  if (!version) return std::unexpected{version.error()};
  // To the repository 0 is the default; here it is a version that there is not.
  if (*version && **version <= 0) return servable_not_found(choice.name, *version);
  Result<models::ModelHandle> model = repository.find(choice.name, version->value_or(0));
  if (!model) return servable_not_found(choice.name, *version);
  return model;
}

}  // namespace parlance::dialects::tfserving
