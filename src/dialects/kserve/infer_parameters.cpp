#include "dialects/kserve/infer_parameters.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/concat.h"
#include "dialects/invalid_input.h"

namespace parlance::dialects::kserve {
namespace {

using Parameter = ::inference::InferParameterView;

constexpr std::string_view kEmptyFinalResponse = "triton_enable_empty_final_response";

/// A longer timeout is as good as none.
Duration to_timeout(std::uint64_t microseconds) {
  constexpr std::uint64_t kLongest = 100ULL * 365 * 24 * 3600 * 1'000'000;
  return std::chrono::microseconds{std::min(microseconds, kLongest)};
}

Status read(std::string_view name, const Parameter& parameter, InferParameters& read) {
  if (name == "priority" || name == "timeout") {
    const std::optional<std::uint64_t> number = whole_number(parameter);
    if (!number) return wrong_kind(name, "a whole number, not negative").error();
    if (name == "timeout")
      read.timeout = to_timeout(*number);
    else
      read.priority = static_cast<std::uint32_t>(
          std::min<std::uint64_t>(*number, std::numeric_limits<std::uint32_t>::max()));
  } else if (name == "sequence_id") {
    const std::optional<std::uint64_t> number = whole_number(parameter);
    if (!number && !parameter.has_string_param()) return wrong_kind(name, "a whole number or a text").error();
    if (!number)
      read.sequence_id = parameter.string_param();
    else if (*number != 0)
      read.sequence_id = std::to_string(*number);
  } else if (name == "sequence_start" || name == "sequence_end") {
    if (!parameter.has_bool_param()) return wrong_kind(name, "a bool").error();
    (name == "sequence_start" ? read.sequence_start : read.sequence_end) = parameter.bool_param();
  } else if (name == kEmptyFinalResponse) {
    if (!parameter.has_bool_param()) return wrong_kind(name, "a bool").error();
  } else if (name.starts_with("triton_")) {
    return invalid(concat("parameter keys starting with 'triton_' are reserved for Triton usage. Only the ",
                          "following keys starting with 'triton_' are allowed: ", kEmptyFinalResponse))
        .error();
  }
  return {};
}

}  // namespace

std::optional<std::uint64_t> whole_number(const ::inference::InferParameterView& parameter) {
  if (parameter.has_uint64_param()) return parameter.uint64_param();
  if (parameter.has_int64_param() && parameter.int64_param() >= 0)
    return static_cast<std::uint64_t>(parameter.int64_param());
  return std::nullopt;
}

std::unexpected<Status> wrong_kind(std::string_view name, std::string_view needed) {
  return invalid(concat("Parameter \"", name, "\" must be ", needed));
}

Result<InferParameters> read_parameters(const ::inference::ModelInferRequestView& request) {
  InferParameters parameters;
  for (const auto [name, parameter] : request.parameters()) {
    if (Status status = read(name, parameter, parameters); !status.ok())
      return std::unexpected{std::move(status)};
  }
  if (parameters.sequence_id.empty() && (parameters.sequence_start || parameters.sequence_end))
    return invalid("Parameters sequence_start and sequence_end need a sequence_id");
  return parameters;
}

}  // namespace parlance::dialects::kserve
