#include "dialects/tfserving/signatures.h"

#include <algorithm>
#include <utility>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/tfserving/data_types.h"
#include "dialects/tfserving/errors.h"
#include "text/embedding_layout.h"

namespace parlance::dialects::tfserving {
namespace {

using models::DataType;
using models::kAnyDimension;
using models::Signature;
using models::TensorSpec;

bool embeds(const models::ModelHandle& model) {
  return model.tokenizer() != nullptr && !model.makes_text() && text::embedding_layout(model).has_value();
}

SignatureKind default_kind(const models::ModelHandle& model) {
  if (model.makes_text()) return SignatureKind::kTexts;
  return embeds(model) ? SignatureKind::kEmbedding : SignatureKind::kTensors;
}

Signature texts_to(TensorSpec output) {
  return {.inputs = {{"text", DataType::kBytes, {kAnyDimension}}}, .outputs = {std::move(output)}};
}

Signature text_signature(const models::ModelHandle& model) {
  Signature signature = model.signature();
  for (auto* specs : {&signature.inputs, &signature.outputs}) {
    for (TensorSpec& spec : *specs) spec.shape = {kAnyDimension};
  }
  return signature;
}

ServedSignature default_signature(const models::ModelHandle& model) {
  ServedSignature signature{.name = kDefaultSignature, .kind = default_kind(model)};
  if (signature.kind == SignatureKind::kTexts) {
    signature.tensors = text_signature(model);
  } else if (signature.kind == SignatureKind::kEmbedding) {
    signature.tensors = texts_to(model.signature().outputs[text::embedding_layout(model)->output]);
  } else {
    signature.tensors = model.signature();
  }
  return signature;
}

bool is_rank_2(const TensorSpec& spec) { return spec.shape.size() == 2; }

bool is_a_number_a_row(const TensorSpec& spec) {
  return spec.shape.size() == 1 || (is_rank_2(spec) && spec.shape[1] == 1);
}

Status check_scores(const TensorSpec& output) {
  if (!is_rank_2(output))
    return invalid(concat("Expected Tensor shape: [batch_size num_classes] but got ",
                          models::to_string(output.shape)))
        .error();
  if (output.type != DataType::kFp32)
    return invalid(concat("Expected scores Tensor of DT_FLOAT. Got: ", symbol_of(output.type))).error();
  return {};
}

Status check_values(const TensorSpec& output) {
  if (!is_a_number_a_row(output))
    return invalid(
               concat("Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got ",
                      models::to_string(output.shape)))
        .error();
  if (output.type != DataType::kFp32)
    return invalid(concat("Expected output Tensor of DT_FLOAT.  Got: ", symbol_of(output.type))).error();
  return {};
}

/// Whether a model can be asked for examples under the name `asked` at all: `own` is that of the signature.
Status check_name(const models::ModelHandle& model, std::string_view asked, SignatureKind own) {
  const std::string_view name = own == SignatureKind::kClassify ? kClassifySignature : kRegressSignature;
  if (!asked.empty() && asked != kDefaultSignature && asked != name)
    return no_signature(StatusCode::kInvalidArgument, concat("No signature was found with the name: ", asked))
        .error();
  if (default_kind(model) == SignatureKind::kTensors) return {};
  return no_signature(StatusCode::kInvalidArgument,
                      concat("Expected ", name, " signature method_name to be ", method_name(own),
                             ". Was: ", method_name(SignatureKind::kTexts)))
      .error();
}

}  // namespace

std::string_view method_name(SignatureKind kind) {
  if (kind == SignatureKind::kClassify) return "tensorflow/serving/classify";
  return kind == SignatureKind::kRegress ? "tensorflow/serving/regress" : "tensorflow/serving/predict";
}

std::vector<ServedSignature> signatures_of(const models::ModelHandle& model) {
  std::vector<ServedSignature> all{default_signature(model)};
  if (all[0].kind == SignatureKind::kEmbedding)
    all.push_back({kTensorsSignature, SignatureKind::kTensors, model.signature()});
  const TensorSpec examples{"inputs", DataType::kBytes, {kAnyDimension}};
  const TensorSpec classes{"classes", DataType::kBytes, {kAnyDimension, kAnyDimension}};
  const TensorSpec scores{"scores", DataType::kFp32, {kAnyDimension, kAnyDimension}};
  if (classify_output(model, {}))
    all.push_back({kClassifySignature, SignatureKind::kClassify, {{examples}, {classes, scores}}});
  if (regress_output(model, {}))
    all.push_back({kRegressSignature,
                   SignatureKind::kRegress,
                   {{examples}, {{"outputs", DataType::kFp32, {kAnyDimension}}}}});
  return all;
}

std::optional<ServedSignature> find_signature(const models::ModelHandle& model, std::string_view name) {
  if (name.empty() || name == kDefaultSignature) return default_signature(model);
  for (ServedSignature& each : signatures_of(model)) {
    if (each.name == name) return std::move(each);
  }
  return std::nullopt;
}

Result<ServedSignature> predict_signature(const models::ModelHandle& model, std::string_view name) {
  if (std::optional<ServedSignature> signature = find_signature(model, name)) return *std::move(signature);
  return no_signature(StatusCode::kFailedPrecondition,
                      concat("Serving signature key \"", name, "\" not found."));
}

Result<std::size_t> classify_output(const models::ModelHandle& model, std::string_view signature) {
  if (Status status = check_name(model, signature, SignatureKind::kClassify); !status.ok())
    return std::unexpected{std::move(status)};
  const std::vector<TensorSpec>& outputs = model.signature().outputs;
  const auto scores = std::ranges::find(outputs, "scores", &TensorSpec::name);
  std::size_t index = 0;  // the one that labels are for
  if (scores != outputs.end()) {
    index = static_cast<std::size_t>(scores - outputs.begin());
  } else if (outputs.size() != 1 && model.labels().empty()) {
    return invalid(concat("Expected one or two output Tensors, found ", outputs.size()));
  }
  if (Status status = check_scores(outputs[index]); !status.ok()) return std::unexpected{std::move(status)};
  return index;
}

Result<std::size_t> regress_output(const models::ModelHandle& model, std::string_view signature) {
  if (Status status = check_name(model, signature, SignatureKind::kRegress); !status.ok())
    return std::unexpected{std::move(status)};
  const std::vector<TensorSpec>& outputs = model.signature().outputs;
  const auto named = std::ranges::find(outputs, "outputs", &TensorSpec::name);
  if (named == outputs.end() && outputs.size() != 1) return invalid("Expected one output Tensor.");
  const std::size_t index = named == outputs.end() ? 0 : static_cast<std::size_t>(named - outputs.begin());
  if (Status status = check_values(outputs[index]); !status.ok()) return std::unexpected{std::move(status)};
  return index;
}

}  // namespace parlance::dialects::tfserving
