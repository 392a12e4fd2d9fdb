#include "scheduling/batch_assembly.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "scheduling/aligned_inputs.h"

namespace parlance::scheduling {
namespace {

/// The bytes of `parts` and `padding` zeros in one buffer.
Buffer gather(std::span<const Bytes> parts, std::size_t padding) {
  std::size_t size = padding;
  for (const Bytes part : parts) size += part.size();
  Buffer buffer = Buffer::allocate(size);
  if (buffer.empty()) return buffer;
  std::byte* to = buffer.writable().data();
  for (const Bytes part : parts) {
    if (!part.empty()) std::memcpy(to, part.data(), part.size());
    to += part.size();
  }
  std::memset(to, 0, padding);
  return buffer;
}

/// Of a row of zeros; of BYTES: of empty elements.
std::size_t zero_row_bytes(const models::Tensor& like) {
  const std::span<const std::int64_t> shape = like.shape();
  return models::element_count(shape.empty() ? shape : shape.subspan(1)).value_or(0) *
         models::least_size_bytes(like.type());
}

models::Shape with_rows(models::Shape shape, std::size_t rows) {
  if (!shape.empty()) shape[0] = static_cast<std::int64_t>(rows);
  return shape;
}

}  // namespace

models::Tensors assemble(std::span<QueuedRequest* const> requests, std::size_t rows,
                         std::size_t padded_rows) {
  QueuedRequest& first = *requests.front();
  if (requests.size() == 1 && padded_rows == 0) {
    first.copied_bytes += align_inputs(first.inputs);
    return std::move(first.inputs);
  }
  models::Tensors inputs;
  inputs.reserve(first.inputs.size());
  std::vector<Bytes> parts(requests.size());
  for (std::size_t i = 0; i < first.inputs.size(); ++i) {
    const models::Tensor& model = first.inputs[i];
    for (std::size_t r = 0; r < requests.size(); ++r) {
      parts[r] = requests[r]->inputs[i].bytes();
      requests[r]->copied_bytes += parts[r].size();
    }
    const std::size_t row_bytes = zero_row_bytes(model);
    inputs.push_back(models::Tensor::owning(model.name(), model.type(),
                                            with_rows(model.shape(), rows + padded_rows),
                                            gather(parts, padded_rows * row_bytes)));
  }
  return inputs;
}

models::Tensors slice_rows(const models::Tensors& tensors, std::size_t first, std::size_t count) {
  models::Tensors slices;
  slices.reserve(tensors.size());
  for (const models::Tensor& tensor : tensors) slices.push_back(tensor.rows(first, count));
  return slices;
}

models::Tensors join_rows(std::span<const models::Tensors> parts, std::size_t& copied_bytes) {
  models::Tensors joined;
  std::vector<Bytes> bytes(parts.size());
  for (std::size_t i = 0; i < parts.front().size(); ++i) {
    std::size_t rows = 0;
    for (std::size_t p = 0; p < parts.size(); ++p) {
      bytes[p] = parts[p][i].bytes();
      copied_bytes += bytes[p].size();
      rows += static_cast<std::size_t>(parts[p][i].shape()[0]);
    }
    const models::Tensor& model = parts.front()[i];
    joined.push_back(
        models::Tensor::owning(model.name(), model.type(), with_rows(model.shape(), rows), gather(bytes, 0)));
  }
  return joined;
}

bool have_rows(const models::Tensors& tensors, std::size_t rows) {
  return std::ranges::all_of(tensors, [rows](const models::Tensor& tensor) {
    return !tensor.shape().empty() && tensor.shape()[0] == static_cast<std::int64_t>(rows);
  });
}

}  // namespace parlance::scheduling
