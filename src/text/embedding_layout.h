#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/status.h"
#include "models/model_version.h"
#include "text/token_row.h"

namespace parlance::text {

/// How a model that makes embeddings takes a text and where its embedding stands.
struct EmbeddingLayout {
  std::vector<RowPart> inputs = {};  // in the order of the signature
  std::size_t output = 0;            // FP32 [rows, values]
  models::EmbeddingConfig config;
};

/// Of a model with a tokenizer; inputs `input_ids`, `attention_mask` and at most `token_type_ids` and
/// `position_ids`, INT64 or INT32 [rows, tokens]; an output FP32 [rows, values]. A model whose rows have a
/// fixed length is given that. UNIMPLEMENTED, MODEL_CANNOT, with what is missing, for all others.
Result<EmbeddingLayout> embedding_layout(const models::ModelHandle& model);

/// The inputs of one run for a text.
models::Tensors to_inputs(const EmbeddingLayout& layout, const models::Signature& signature,
                          const TokenRow& row);

}  // namespace parlance::text
