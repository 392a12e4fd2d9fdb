#pragma once

#include <cstddef>
#include <cstdint>

#include "models/transform.h"

namespace parlance::models {

/// Bytes to the input of magika's model `standard_v3_3`: INT32 [1, 2048], the first 1,024 bytes and the last
/// 1,024, a number a byte, where the file is shorter filled up with 256.
///
/// White space (as C's isspace) is dropped first: at the front of the first 4,096 bytes, at the end of the
/// last 4,096. The front is filled up at its end, the back at its front. Source: config.min.json of that
/// model ("beg_size", "end_size", "block_size", "padding_token", "min_file_size_for_dl").
class MagikaTransform final : public InputTransform {
 public:
  static constexpr std::size_t kBlockBytes = 4096;
  static constexpr std::size_t kFrontTokens = 1024;
  static constexpr std::size_t kBackTokens = 1024;
  static constexpr std::int32_t kPaddingToken = 256;
  /// With fewer bytes after the leading white space the model does not know, and must not be asked.
  static constexpr std::size_t kLeastBytes = 8;

  std::string_view name() const override { return "magika"; }
  Status check(const Signature& signature) const override;
  Result<Tensor> apply(Bytes raw) const override;
};

}  // namespace parlance::models
