#include "dialects/kserve/find_model.h"

#include <charconv>

#include "base/concat.h"
#include "grpc/error_details.h"

namespace parlance::dialects::kserve {

Result<models::ModelHandle> find_model(const models::Repository& repository, std::string_view model,
                                       std::string_view version) {
  if (version.empty()) return repository.find(model);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(version.data(), version.data() + version.size(), number);
  if (error == std::errc{} && end == version.data() + version.size() && number > 0)
    return repository.find(model, number);
  return std::unexpected{grpc::make_error(
      StatusCode::kNotFound, "MODEL_VERSION_NOT_FOUND",
      concat("Model \"", model, "\" has no version \"", version, "\"; a version is a positive whole number"),
      {{"hop", "server"}, {"observed", std::string{version}}})};
}

}  // namespace parlance::dialects::kserve
