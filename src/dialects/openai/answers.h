#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "generation/sampler.h"
#include "models/tokenizer.h"

namespace parlance::dialects::openai {

/// Completions of a text, or of a conversation: two shapes of the same things.
enum class AnswerKind : std::uint8_t { kText, kChat };

/// What all objects of one answer begin with.
struct AnswerHead {
  AnswerKind kind = AnswerKind::kText;
  std::string id;            // "cmpl-…", "chatcmpl-…"
  std::int64_t created = 0;  // seconds since 1970
  std::string model;
};

struct Usage {
  std::size_t prompt_tokens = 0;
  std::size_t completion_tokens = 0;
};

/// One of the texts of an answer.
struct Choice {
  unsigned index = 0;
  std::string text;
  std::vector<generation::SampledToken> logprobs;  // of its tokens; looked at when they are wanted
  std::string_view finish_reason;                  // "stop", "length", "error"
};

/// How logprobs are written, if they are: token ids become text by way of `tokenizer`.
struct LogprobStyle {
  bool wanted = false;
  const models::Tokenizer* tokenizer = nullptr;
};

/// The whole answer, JSON.
std::string answer_body(const AnswerHead& head, std::span<const Choice> choices, const Usage& usage,
                        const LogprobStyle& logprobs);

/// One piece of one of the texts of an answer that is streamed.
struct Piece {
  unsigned index = 0;
  std::string_view text;
  const generation::SampledToken* sampled = nullptr;
  std::string_view finish_reason;  // empty: more follows
  bool is_first = false;           // of its text
  std::size_t text_offset = 0;     // characters of its text before it
};

/// What is sent of it, JSON: a chat has its role in a chunk of its own before the first, which comes in front
/// ("" when there is none).
struct Chunks {
  std::string role;
  std::string piece;
};
/// `with_usage`: the stream ends with usage, so each chunk has it as null.
Chunks piece_chunks(const AnswerHead& head, const Piece& piece, bool with_usage,
                    const LogprobStyle& logprobs);
/// The last chunk of a stream that was asked for it.
std::string usage_chunk(const AnswerHead& head, const Usage& usage);

/// A server-sent event: "data: …\n\n".
std::string event_of(std::string_view data);
inline constexpr std::string_view kDone = "[DONE]";

/// Characters (code points) of UTF-8.
std::size_t characters_of(std::string_view text);

}  // namespace parlance::dialects::openai
