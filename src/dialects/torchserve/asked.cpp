#include "dialects/torchserve/asked.h"

#include <string>
#include <utility>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/torchserve/versions.h"

namespace parlance::dialects::torchserve {
namespace {

Result<std::string_view> input_of(const messages::PredictionsRequest& request) {
  const auto& input = request.input();
  for (const char* key : {"data", "body"}) {
    if (const auto found = input.find(key); found != input.end()) return std::string_view{found->second};
  }
  if (input.size() == 1) return std::string_view{input.begin()->second};
  return invalid(concat("input must have an entry \"data\" or \"body\", or one alone; it has ", input.size(),
                        " entries"));
}

}  // namespace

Result<Asked> read_request(const models::Repository& repository,
                           const messages::PredictionsRequest& request) {
  if (request.model_name().empty()) return invalid("model_name is required and must not be empty");
  Result<models::ModelHandle> model =
      repository.find(request.model_name(), version_of(request.model_version()));
  if (!model) return std::unexpected{std::move(model).error()};
  const Result<std::string_view> input = input_of(request);
  if (!input) return std::unexpected{input.error()};
  if (input->empty()) return invalid("input is empty");
  return Asked{.model = *std::move(model), .input = *input};
}

}  // namespace parlance::dialects::torchserve
