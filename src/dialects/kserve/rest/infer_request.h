#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "base/status.h"

namespace parlance::dialects::kserve::rest {

/// Which model a path names.
struct ModelName {
  std::string_view model;
  std::string_view version = {};  // empty: the default one
};

/// How an output is to come.
enum class OutputForm : std::uint8_t {
  kJson,
  kBinary,     // behind the JSON
  kElsewhere,  // in shared memory: only what it is is said
};

struct OutputForms {
  OutputForm otherwise = OutputForm::kJson;
  std::vector<std::pair<std::string, OutputForm>> by_name;

  OutputForm of(std::string_view output) const;
};

/// An inference request as it is asked over gRPC.
struct InferRequest {
  Buffer message;  // a serialised inference.ModelInferRequest with raw contents
  OutputForms forms;
};

/// Translates the body of POST …/infer: JSON of `json_bytes` (all of it when there is none), and behind it
/// the binary data of the inputs that have "binary_data_size". Datatypes and shapes are not looked at more
/// than their values need; that, and the names, are of to_tensors() and what follows.
///
/// INVALID_ARGUMENT, INVALID_INPUT, for what is not JSON or has another shape, values that are none of the
/// datatype or not as many as the shape says, inputs that have not exactly one of "data", "binary_data_size"
/// and "shared_memory_region", and sizes that are not those of what follows the JSON.
Result<InferRequest> read_infer_request(const ModelName& name, std::string_view body,
                                        std::optional<std::size_t> json_bytes);

/// The number of Inference-Header-Content-Length. INVALID_ARGUMENT for what is none, or more than the body.
Result<std::size_t> read_header_length(std::string_view field, std::size_t body_bytes);

}  // namespace parlance::dialects::kserve::rest
