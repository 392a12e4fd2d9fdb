#include "dialects/kserve/infer_parameters.h"

#include <algorithm>
#include <limits>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/kserve/bad_input.h"

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
  if (name == "sequence_id" && parameter.has_string_param())
    return read.sequence_id = parameter.string_param(), Status{};
  if (name == "priority" || name == "timeout" || name == "sequence_id") {
    const Result<std::uint64_t> number = whole_number(name, parameter);
    if (!number) return number.error();
    if (name == "timeout") {
      read.timeout = to_timeout(*number);
    } else if (name == "priority") {
      read.priority = static_cast<std::uint32_t>(
          std::min<std::uint64_t>(*number, std::numeric_limits<std::uint32_t>::max()));
    } else if (*number != 0) {
      read.sequence_id = std::to_string(*number);
    }
  } else if (name == "sequence_start" || name == "sequence_end") {
    if (!parameter.has_bool_param()) return wrong_kind(name, "bool_param").error();
    (name == "sequence_start" ? read.sequence_start : read.sequence_end) = parameter.bool_param();
  } else if (name == kEmptyFinalResponse) {
    if (!parameter.has_bool_param()) return wrong_kind(name, "bool_param").error();
  } else if (name.starts_with("triton_")) {
    return invalid(concat("parameter keys starting with 'triton_' are reserved for Triton usage. Only the ",
                          "following keys starting with 'triton_' are allowed: ", kEmptyFinalResponse))
        .error();
  }
  return {};
}

}  // namespace

Result<std::uint64_t> whole_number(std::string_view name, const Parameter& parameter) {
  if (parameter.has_uint64_param()) return parameter.uint64_param();
  if (!parameter.has_int64_param())
    return wrong_kind(name,
                      name == "sequence_id" ? "int64_param or string_param" : "int64_param or uint64_param");
  if (parameter.int64_param() >= 0) return static_cast<std::uint64_t>(parameter.int64_param());
  return invalid(concat("invalid value for '", name, "', expected value >= 0."));
}

std::unexpected<Status> wrong_kind(std::string_view name, std::string_view expected) {
  return invalid(concat("invalid value type for '", name, "' parameter, expected ", expected, "."));
}

Result<InferParameters> read_parameters(const ::inference::ModelInferRequestView& request) {
  InferParameters parameters;
  for (const auto [name, parameter] : request.parameters()) {
    if (Status status = read(name, parameter, parameters); !status.ok())
      return std::unexpected{std::move(status)};
  }
  if (parameters.sequence_id.empty() && (parameters.sequence_start || parameters.sequence_end))
    return refused(request, concat("inference request to model '", request.model_name(),
                                   "' must specify a non-zero or non-empty correlation ID: sequence_start ",
                                   "and sequence_end need a sequence_id"));
  return parameters;
}

}  // namespace parlance::dialects::kserve
