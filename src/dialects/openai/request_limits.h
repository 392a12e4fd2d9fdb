#pragma once

#include <cstddef>
#include <cstdint>

namespace parlance::dialects::openai {

/// What one request may ask for. The size of its body is the edge's limit (HttpLimits::max_body_bytes).
struct RequestLimits {
  /// Levels of arrays and objects; JSON is read, and passed to templates, by recursion.
  int max_depth = 32;
  /// Prompts, or texts to be embedded: as many as OpenAI takes.
  std::size_t max_inputs = 2048;
  std::size_t max_messages = 4096;
  /// Texts of one prompt.
  unsigned max_n = 32;
  /// Stop strings: OpenAI's number.
  std::size_t max_stops = 4;
};

}  // namespace parlance::dialects::openai
