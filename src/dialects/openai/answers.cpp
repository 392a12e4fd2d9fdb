#include "dialects/openai/answers.h"

#include <algorithm>

#include "base/concat.h"

namespace parlance::dialects::openai {
namespace {

using nlohmann::ordered_json;

// Tokens may hold a part of a character; clients read UTF-8.
std::string dump(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json head_of(const AnswerHead& head, bool is_chunk) {
  const std::string_view object = head.kind == AnswerKind::kText
                                      ? "text_completion"
                                      : (is_chunk ? "chat.completion.chunk" : "chat.completion");
  return {{"id", head.id}, {"object", object}, {"created", head.created}, {"model", head.model}};
}

ordered_json json_of(const Usage& usage) {
  return {{"prompt_tokens", usage.prompt_tokens},
          {"completion_tokens", usage.completion_tokens},
          {"total_tokens", usage.prompt_tokens + usage.completion_tokens}};
}

ordered_json json_of(std::string_view finish_reason) {
  return finish_reason.empty() ? ordered_json{} : ordered_json(finish_reason);
}

ordered_json chat_logprob(generation::Token token, float logprob, const models::Tokenizer& tokenizer) {
  const std::string_view bytes = tokenizer.token_bytes(token);
  ordered_json list = ordered_json::array();
  for (const char byte : bytes) list.push_back(static_cast<unsigned char>(byte));
  return {{"token", bytes}, {"logprob", logprob}, {"bytes", std::move(list)}};
}

ordered_json chat_logprobs(std::span<const generation::SampledToken> tokens,
                           const models::Tokenizer& tokenizer) {
  ordered_json content = ordered_json::array();
  for (const generation::SampledToken& sampled : tokens) {
    ordered_json entry = chat_logprob(sampled.token, sampled.logprob, tokenizer);
    ordered_json& top = entry["top_logprobs"] = ordered_json::array();
    for (const auto& other : sampled.top) top.push_back(chat_logprob(other.token, other.logprob, tokenizer));
    content.push_back(std::move(entry));
  }
  return {{"content", std::move(content)}, {"refusal", nullptr}};
}

// Four lists, one entry a token.
ordered_json text_logprobs(std::span<const generation::SampledToken> tokens,
                           const models::Tokenizer& tokenizer, std::size_t offset) {
  ordered_json offsets = ordered_json::array();
  ordered_json texts = ordered_json::array();
  ordered_json logprobs = ordered_json::array();
  ordered_json tops = ordered_json::array();
  for (const generation::SampledToken& sampled : tokens) {
    const std::string_view text = tokenizer.token_bytes(sampled.token);
    offsets.push_back(offset);
    offset += characters_of(text);
    texts.push_back(text);
    logprobs.push_back(sampled.logprob);
    ordered_json top = ordered_json::object();
    for (const auto& other : sampled.top)
      top[std::string{tokenizer.token_bytes(other.token)}] = other.logprob;
    tops.push_back(std::move(top));
  }
  return {{"text_offset", std::move(offsets)},
          {"token_logprobs", std::move(logprobs)},
          {"tokens", std::move(texts)},
          {"top_logprobs", std::move(tops)}};
}

ordered_json logprobs_of(AnswerKind kind, std::span<const generation::SampledToken> tokens,
                         const LogprobStyle& style, std::size_t offset) {
  if (!style.wanted) return nullptr;
  return kind == AnswerKind::kChat ? chat_logprobs(tokens, *style.tokenizer)
                                   : text_logprobs(tokens, *style.tokenizer, offset);
}

ordered_json choice_of(AnswerKind kind, const Choice& choice, const LogprobStyle& style) {
  ordered_json made{{"index", choice.index}};
  if (kind == AnswerKind::kText) {
    made["text"] = choice.text;
  } else {
    made["message"] = {{"role", "assistant"}, {"content", choice.text}, {"refusal", nullptr}};
  }
  made["logprobs"] = logprobs_of(kind, choice.logprobs, style, 0);
  made["finish_reason"] = json_of(choice.finish_reason);
  return made;
}

std::string chunk(const AnswerHead& head, ordered_json choices, bool with_usage) {
  ordered_json made = head_of(head, /*is_chunk=*/true);
  made["choices"] = std::move(choices);
  if (with_usage) made["usage"] = nullptr;
  return dump(made);
}

}  // namespace

std::string answer_body(const AnswerHead& head, std::span<const Choice> choices, const Usage& usage,
                        const LogprobStyle& logprobs) {
  ordered_json made = head_of(head, /*is_chunk=*/false);
  ordered_json& list = made["choices"] = ordered_json::array();
  for (const Choice& choice : choices) list.push_back(choice_of(head.kind, choice, logprobs));
  made["usage"] = json_of(usage);
  return dump(made);
}

Chunks piece_chunks(const AnswerHead& head, const Piece& piece, bool with_usage,
                    const LogprobStyle& logprobs) {
  const bool is_chat = head.kind == AnswerKind::kChat;
  Chunks chunks;
  if (is_chat && piece.is_first) {
    const ordered_json role{{"index", piece.index},
                            {"delta", {{"role", "assistant"}, {"content", ""}}},
                            {"logprobs", nullptr},
                            {"finish_reason", nullptr}};
    chunks.role = chunk(head, ordered_json::array({role}), with_usage);
  }
  ordered_json choice{{"index", piece.index}};
  if (!is_chat) {
    choice["text"] = piece.text;
  } else if (piece.text.empty() && !piece.finish_reason.empty()) {
    choice["delta"] = ordered_json::object();
  } else {
    choice["delta"] = {{"content", piece.text}};
  }
  const std::span tokens{piece.sampled, piece.sampled != nullptr ? 1UL : 0UL};
  choice["logprobs"] =
      tokens.empty() ? ordered_json{} : logprobs_of(head.kind, tokens, logprobs, piece.text_offset);
  choice["finish_reason"] = json_of(piece.finish_reason);
  chunks.piece = chunk(head, ordered_json::array({choice}), with_usage);
  return chunks;
}

std::string usage_chunk(const AnswerHead& head, const Usage& usage) {
  ordered_json made = head_of(head, /*is_chunk=*/true);
  made["choices"] = ordered_json::array();
  made["usage"] = json_of(usage);
  return dump(made);
}

std::string event_of(std::string_view data) { return concat("data: ", data, "\n\n"); }

std::size_t characters_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace parlance::dialects::openai
