#pragma once

#include <filesystem>
#include <openvino/openvino.hpp>

#include "base/status.h"

// Included by this folder's sources only.
namespace parlance::models::openvino {

/// The library with the operators of tokenizers, which the package openvino-tokenizers brings: beside
/// `engine` (libopenvino.so), or where pip puts it when both are installed into one folder.
/// FAILED_PRECONDITION names both places when it is in neither.
Result<std::filesystem::path> find_tokenizers_library(const std::filesystem::path& engine);

/// The engine's library that this program runs with.
std::filesystem::path engine_library();

/// Teaches `core` the operators in `library`, which stays loaded until the program ends: what it keeps for
/// all graphs is lost, not freed, each time it is unloaded. Throws the engine's exceptions.
void add_tokenizers(ov::Core& core, const std::filesystem::path& library);

}  // namespace parlance::models::openvino
