#include "text/token_row.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace parlance::text {
namespace {

std::int64_t value_at(const TokenRow& row, RowPart part, std::size_t place) {
  const bool is_text = place < row.tokens.size();
  switch (part) {
    case RowPart::kTokens:
      return is_text ? row.tokens[place] : 0;
    case RowPart::kMask:
      return is_text ? 1 : 0;
    case RowPart::kPositions:
      return static_cast<std::int64_t>(place);
    case RowPart::kSegments:
      break;
  }
  return 0;
}

template <typename T>
void fill(const TokenRow& row, RowPart part, MutableBytes bytes) {
  auto* const values = reinterpret_cast<T*>(bytes.data());
  for (std::size_t i = 0; i < row.length; ++i) values[i] = static_cast<T>(value_at(row, part, i));
}

}  // namespace

TokenRow fit(std::vector<generation::Token> tokens, std::span<const generation::Token> special,
             const models::EmbeddingConfig& config) {
  TokenRow row{.truncated = tokens.size() > config.max_tokens};
  if (row.truncated) {
    const generation::Token last = tokens.back();
    tokens.resize(config.max_tokens);
    if (std::ranges::binary_search(special, last)) tokens.back() = last;
  }
  const auto length = std::ranges::lower_bound(config.lengths, tokens.size());
  row.length = length == config.lengths.end() ? tokens.size() : *length;
  row.tokens = std::move(tokens);
  return row;
}

models::Tensor to_tensor(const TokenRow& row, RowPart part, std::string name, models::DataType type) {
  Buffer bytes = Buffer::allocate(row.length * models::size_bytes(type));
  if (type == models::DataType::kInt32)
    fill<std::int32_t>(row, part, bytes.writable());
  else
    fill<std::int64_t>(row, part, bytes.writable());
  return models::Tensor::owning(std::move(name), type, {1, static_cast<std::int64_t>(row.length)},
                                std::move(bytes));
}

}  // namespace parlance::text
