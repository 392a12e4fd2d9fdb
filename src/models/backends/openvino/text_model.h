#pragma once

#include <filesystem>
#include <memory>
#include <openvino/openvino.hpp>

#include "models/backend.h"

// Included by this folder's sources only.
namespace parlance::models::openvino {

/// Whether `model` goes on from token to token on a state of its own, as decoders for text do.
bool is_stateful_decoder(const ov::Model& model);

/// The decoder in `file`, run in pages, with its tokenizer, which knows the bytes of tokens.
/// `max_position_embeddings` of config.json beside it, when there is one, is its context. FAILED_PRECONDITION
/// when pages cannot be had.
Result<std::unique_ptr<LoadedModel>> load_text_model(const std::filesystem::path& file,
                                                     std::unique_ptr<Tokenizer> tokenizer,
                                                     const GenerationConfig& config, unsigned threads);

}  // namespace parlance::models::openvino
