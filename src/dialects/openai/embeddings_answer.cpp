#include "dialects/openai/embeddings_answer.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/concat.h"
#include "grpc/base64.h"

namespace parlance::dialects::openai {
namespace {

// As short as it can be read back; numbers of a JSON library would be those of doubles, twice as long.
void append_numbers(std::string& text, std::span<const float> values) {
  char number[32];
  const char* separator = "[";
  for (const float value : values) {
    text.append(separator).append(number, std::to_chars(number, std::end(number), value).ptr);
    separator = ",";
  }
  text += values.empty() ? "[]" : "]";
}

void append_base64(std::string& text, std::span<const float> values) {
  static_assert(std::endian::native == std::endian::little);
  std::string encoded = grpc::base64_encode(as_text(std::as_bytes(values)));
  encoded.append((4 - encoded.size() % 4) % 4, '=');
  text.append("\"").append(encoded).append("\"");
}

}  // namespace

std::string embeddings_body(std::string_view model, std::span<const text::Embedding> embeddings,
                            bool as_base64) {
  std::string body = R"({"object":"list","data":[)";
  std::size_t tokens = 0;
  for (std::size_t i = 0; i < embeddings.size(); ++i) {
    body += concat(i == 0 ? "" : ",", R"({"object":"embedding","index":)", i, R"(,"embedding":)");
    if (as_base64) {
      append_base64(body, embeddings[i].values);
    } else {
      append_numbers(body, embeddings[i].values);
    }
    body += '}';
    tokens += embeddings[i].tokens;
  }
  return body += concat(R"(],"model":)", nlohmann::json(model).dump(), R"(,"usage":{"prompt_tokens":)",
                        tokens, R"(,"total_tokens":)", tokens, "}}");
}

}  // namespace parlance::dialects::openai
