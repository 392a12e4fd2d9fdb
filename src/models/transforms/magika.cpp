#include "models/transforms/magika.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "grpc/error_details.h"

namespace parlance::models {
namespace {

constexpr std::int64_t kTokens = MagikaTransform::kFrontTokens + MagikaTransform::kBackTokens;

bool is_space(std::byte byte) {
  const auto value = std::to_integer<unsigned>(byte);
  return value == ' ' || (value >= '\t' && value <= '\r');
}

Bytes without_leading_space(Bytes bytes) {
  const auto first = std::ranges::find_if_not(bytes, is_space);
  return bytes.subspan(static_cast<std::size_t>(first - bytes.begin()));
}

Bytes without_trailing_space(Bytes bytes) {
  while (!bytes.empty() && is_space(bytes.back())) bytes = bytes.first(bytes.size() - 1);
  return bytes;
}

void put(Bytes bytes, std::int32_t* at) {
  std::ranges::transform(bytes, at, [](std::byte byte) { return std::to_integer<std::int32_t>(byte); });
}

}  // namespace

Status MagikaTransform::check(const Signature& signature) const {
  const bool matches = signature.inputs.size() == 1 && signature.inputs[0].type == DataType::kInt32 &&
                       fits(Shape{1, kTokens}, signature.inputs[0].shape);
  if (matches) return {};
  return {StatusCode::kFailedPrecondition,
          fmt::format("the transform \"magika\" makes one input INT32 [1, {}], which the model does not take",
                      kTokens)};
}

Result<Tensor> MagikaTransform::apply(Bytes raw) const {
  const std::size_t block_bytes = std::min(raw.size(), kBlockBytes);
  Bytes front = without_leading_space(raw.first(block_bytes));
  Bytes back = without_trailing_space(raw.last(block_bytes));
  if (front.size() < kLeastBytes)
    return std::unexpected{grpc::make_error(
        StatusCode::kInvalidArgument, "RAW_INPUT_TOO_SHORT",
        fmt::format("raw_input needs at least {} bytes after leading white space to tell its type, got {}",
                    kLeastBytes, front.size()),
        {{"hop", "server"},
         {"limit", std::to_string(kLeastBytes)},
         {"observed", std::to_string(front.size())}})};
  front = front.first(std::min(front.size(), kFrontTokens));
  back = back.last(std::min(back.size(), kBackTokens));

  Buffer buffer = Buffer::allocate(kTokens * sizeof(std::int32_t));
  auto* tokens = reinterpret_cast<std::int32_t*>(buffer.writable().data());
  std::fill_n(tokens, kTokens, kPaddingToken);
  put(front, tokens);
  put(back, tokens + kTokens - back.size());
  return Tensor::owning("", DataType::kInt32, {1, kTokens}, std::move(buffer));
}

}  // namespace parlance::models
