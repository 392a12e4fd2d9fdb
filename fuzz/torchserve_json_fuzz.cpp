// What TorchServe's clients send as JSON, made into tensors, on arbitrary texts. What is accepted is right
// for the model's signature or is refused by bind_inputs(), takes no more memory than the text explains, and,
// written as an answer and read again, is the same.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "dialects/torchserve/prediction_json.h"
#include "dialects/torchserve/tensor_input.h"
#include "models/signature.h"

namespace {

using namespace parlance;
using models::DataType;

constexpr std::array kTypes{DataType::kFp32,  DataType::kFp64,   DataType::kInt8, DataType::kInt64,
                            DataType::kUint8, DataType::kUint64, DataType::kBool, DataType::kFp16};
const std::array<models::Shape, 4> kShapes{{{-1}, {-1, 4}, {-1, -1, 2}, {2, 3}}};
// "[]," is an array of a level, and each of them may stand for one dimension.
constexpr std::size_t kMostBytesPerCharacter = 8;

models::Signature signature_of(std::uint8_t choice) {
  models::Signature signature;
  const auto add = [&](std::string name, std::size_t type, std::size_t shape) {
    signature.inputs.push_back(
        {std::move(name), kTypes[type % kTypes.size()], kShapes[shape % kShapes.size()]});
  };
  add("x", choice, choice / 8U);
  if (choice >= 128) add("y", choice / 2U, choice / 4U);
  return signature;
}

void same_again(const models::Signature& signature, const models::Tensors& tensors, bool is_one_row) {
  const auto written = dialects::torchserve::to_json(tensors, {}, is_one_row);
  require(written.has_value(), "what was read can be written");
  const auto read = dialects::torchserve::to_tensors(signature, *written);
  require(read.has_value(), "what was written can be read");
  require(read->tensors.size() == tensors.size(), "as many tensors");
  for (const models::Tensor& tensor : tensors) {
    const auto found = std::ranges::find(read->tensors, tensor.name(), &models::Tensor::name);
    require(found != read->tensors.end() && std::ranges::equal(found->bytes(), tensor.bytes()),
            "the same numbers come back");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const models::Signature signature = signature_of(data[0]);
  const std::string_view json{reinterpret_cast<const char*>(data) + 1, size - 1};
  auto input = dialects::torchserve::to_tensors(signature, json);
  if (!input) {
    require(!input.error().message().empty(), "a refusal says why");
    return 0;
  }
  std::size_t bytes = 0;
  for (const models::Tensor& tensor : input->tensors) bytes += tensor.bytes().size();
  require(bytes <= size * kMostBytesPerCharacter, "memory that the text does not explain");
  const auto bound = models::bind_inputs(signature, std::move(input->tensors));
  if (bound && bytes > 0) same_again(signature, *bound, input->is_one_row);
  return 0;
}
