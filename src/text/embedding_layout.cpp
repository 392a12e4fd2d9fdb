#include "text/embedding_layout.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/concat.h"
#include "grpc/error_details.h"

namespace parlance::text {
namespace {

struct KnownInput {
  std::string_view name;
  RowPart part;
};
constexpr std::array kKnown{
    KnownInput{"input_ids", RowPart::kTokens},
    KnownInput{"attention_mask", RowPart::kMask},
    KnownInput{"token_type_ids", RowPart::kSegments},
    KnownInput{"position_ids", RowPart::kPositions},
};

std::unexpected<Status> cannot(std::string_view model, std::string_view lacks) {
  return std::unexpected{grpc::make_error(StatusCode::kUnimplemented, "MODEL_CANNOT",
                                          concat("Model \"", model, "\" cannot embed text: it has ", lacks),
                                          {{"hop", "server"}})};
}

/// Nothing for an input that a text cannot fill.
std::optional<RowPart> part_of(const models::TensorSpec& spec) {
  const bool is_whole = spec.type == models::DataType::kInt64 || spec.type == models::DataType::kInt32;
  const auto* const known = std::ranges::find(kKnown, spec.name, &KnownInput::name);
  if (!is_whole || spec.shape.size() != 2 || known == kKnown.end()) return {};
  return known->part;
}

void fix_length(models::EmbeddingConfig& config, std::int64_t length) {
  if (length == models::kAnyDimension) return;
  config.max_tokens = static_cast<std::size_t>(length);
  config.lengths = {config.max_tokens};
}

bool is_embedding(const models::TensorSpec& spec) {
  return spec.type == models::DataType::kFp32 && spec.shape.size() == 2 &&
         spec.shape[1] != models::kAnyDimension;
}

}  // namespace

Result<EmbeddingLayout> embedding_layout(const models::ModelHandle& model) {
  const models::Signature& signature = model.signature();
  EmbeddingLayout layout{.config = model.config().embedding};
  if (model.tokenizer() == nullptr) return cannot(model.model(), "no tokenizer");
  for (const models::TensorSpec& spec : signature.inputs) {
    const std::optional<RowPart> part = part_of(spec);
    if (!part) return cannot(model.model(), concat("an input that is no text, ", models::to_string(spec)));
    layout.inputs.push_back(*part);
    fix_length(layout.config, spec.shape[1]);
  }
  for (const KnownInput& needed : {kKnown[0], kKnown[1]}) {
    if (std::ranges::find(layout.inputs, needed.part) == layout.inputs.end())
      return cannot(model.model(), concat("no input ", needed.name));
  }
  const auto output = std::ranges::find_if(signature.outputs, is_embedding);
  if (output == signature.outputs.end())
    return cannot(model.model(), "no output of one row of numbers for each text");
  layout.output = static_cast<std::size_t>(output - signature.outputs.begin());
  return layout;
}

models::Tensors to_inputs(const EmbeddingLayout& layout, const models::Signature& signature,
                          const TokenRow& row) {
  models::Tensors inputs;
  inputs.reserve(layout.inputs.size());
  for (std::size_t i = 0; i < layout.inputs.size(); ++i) {
    const models::TensorSpec& spec = signature.inputs[i];
    inputs.push_back(to_tensor(row, layout.inputs[i], spec.name, spec.type));
  }
  return inputs;
}

}  // namespace parlance::text
