#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "base/status.h"
#include "generation/step_engine.h"

namespace parlance::models {

struct PagedDecoderOptions {
  /// Memory for keys and values; as many pages as fit, at least one.
  std::size_t cache_bytes = 256 * 1024 * 1024;
  unsigned threads = 1;  // that compute a step
};

/// A decoder for text (OpenVINO IR with a state, as OpenVINO GenAI and Optimum write it) whose keys and
/// values lie in pages, so that sequences are computed together and come and go between steps. Computes in
/// FP32 on every machine; runs are made on the caller's thread. FAILED_PRECONDITION when the file is no such
/// decoder.
Result<std::unique_ptr<generation::StepEngine>> load_paged_decoder(const std::filesystem::path& file,
                                                                   const PagedDecoderOptions& options);

}  // namespace parlance::models
