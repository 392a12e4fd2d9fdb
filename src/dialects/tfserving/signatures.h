#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "models/model_version.h"
#include "models/signature.h"

namespace parlance::dialects::tfserving {

inline constexpr std::string_view kDefaultSignature = "serving_default";
/// Of a model of embeddings: its own tensors, in place of texts.
inline constexpr std::string_view kTensorsSignature = "tensors";
inline constexpr std::string_view kClassifySignature = "classification";
inline constexpr std::string_view kRegressSignature = "regression";

/// What is done with a request under a signature.
enum class SignatureKind : std::uint8_t {
  kTensors,    // the model's inputs to its outputs
  kTexts,      // texts to the texts that a model makes of them
  kEmbedding,  // texts to embeddings
  kClassify,   // examples to classes
  kRegress,    // examples to a number each
};

/// "tensorflow/serving/predict", "…/classify" or "…/regress".
std::string_view method_name(SignatureKind kind);

struct ServedSignature {
  std::string_view name;
  SignatureKind kind = SignatureKind::kTensors;
  models::Signature tensors = {};  // DT_STRING is kBytes
};

/// All signatures of a model, the default first. README.md says which model has which.
std::vector<ServedSignature> signatures_of(const models::ModelHandle& model);

/// One of them; "": the default.
std::optional<ServedSignature> find_signature(const models::ModelHandle& model, std::string_view name);

/// The same, or FAILED_PRECONDITION `Serving signature key "x" not found.`
Result<ServedSignature> predict_signature(const models::ModelHandle& model, std::string_view name);

/// The outputs that Classify and Regress read; INVALID_ARGUMENT with TensorFlow Serving's text for a model
/// that cannot be asked so, or has no signature of that name.
Result<std::size_t> classify_output(const models::ModelHandle& model, std::string_view signature);
Result<std::size_t> regress_output(const models::ModelHandle& model, std::string_view signature);

}  // namespace parlance::dialects::tfserving
