#include "dialects/torchserve/asked.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/concat.h"
#include "dialects/invalid_input.h"

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

/// "1.0" is 1.
std::string_view version_of(std::string_view version) {
  constexpr std::string_view kMinor = ".0";
  if (!version.ends_with(kMinor)) return version;
  const std::string_view major = version.substr(0, version.size() - kMinor.size());
  const bool is_number = std::ranges::all_of(major, [](char each) { return each >= '0' && each <= '9'; });
  return is_number && !major.empty() ? major : version;
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
