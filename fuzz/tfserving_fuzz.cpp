// Requests of TensorFlow Serving's clients, protobuf and JSON, whatever they say, become tensors that are
// what they say, or a status. The first byte chooses the signature and the kind of request.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "dialects/tfserving/errors.h"
#include "dialects/tfserving/examples.h"
#include "dialects/tfserving/json_request.h"
#include "dialects/tfserving/tensor_input.h"
#include "models/byte_elements.h"
#include "models/signature.h"
#include "tfserving/prediction_service.views.h"
#include "wire/parsed.h"

namespace {

using namespace parlance;
using namespace parlance::dialects::tfserving;
using models::DataType;
using models::Signature;

const std::array<Signature, 4> kSignatures{
    Signature{.inputs = {{"x", DataType::kFp32, {-1, 2}}}},
    Signature{.inputs = {{"x", DataType::kBytes, {-1}}}},
    Signature{.inputs = {{"a", DataType::kInt8, {-1}}, {"b", DataType::kBool, {-1, 1}}}},
    Signature{.inputs = {{"x", DataType::kFp16, {-1, -1, -1}}}}};

/// Values are as many as the shape says, and no more memory than the sender's bytes, or what is allowed for
/// repeating.
void check(const Result<models::Tensors>& tensors, std::size_t sent_bytes) {
  if (!tensors) {
    require(!tensors.error().ok() && !tensors.error().message().empty(), "a refusal without a text");
    return;
  }
  for (const models::Tensor& tensor : *tensors) {
    const auto count = models::element_count(tensor.shape());
    require(count.has_value(), "a shape that is none");
    const Bytes bytes = tensor.bytes();
    if (tensor.type() == DataType::kBytes) {
      require(models::count_elements(bytes) == *count, "not as many strings as the shape says");
    } else {
      require(bytes.size() == *count * models::size_bytes(tensor.type()),
              "not as many bytes as the shape says");
    }
    require(bytes.size() <= kMostRepeatedBytes + sent_bytes * 16, "more memory than was sent");
  }
}

void check_predict(const Signature& signature, Bytes bytes) {
  wire::Parsed<::tensorflow::serving::PredictRequestView> view;
  if (view.parse(bytes).why != nullptr) return;
  const Result<models::Tensors> tensors = to_tensors(signature, *view);
  check(tensors, bytes.size());
  if (!tensors || signature.inputs[0].type != DataType::kBytes) return;
  if (const auto parsed = parse_examples(tensors->at(0)))
    check(to_rows(kSignatures[2], parsed->examples), tensors->at(0).bytes().size());
}

void check_examples(const Signature& signature, Bytes bytes) {
  wire::Parsed<::tensorflow::serving::InputView> view;
  if (view.parse(bytes).why != nullptr) return;
  if (const auto examples = to_examples(*view))
    check(to_rows(signature, *examples), bytes.size() * examples->rows.size());
}

void check_json(const Signature& signature, std::string_view body) {
  const auto find = [&](std::string_view) -> Result<ServedSignature> {
    return ServedSignature{.name = kDefaultSignature, .tensors = signature};
  };
  Result<JsonPredict> request = read_predict(body, find);
  check(request ? Result<models::Tensors>{std::move(request->inputs)} : std::unexpected{request.error()},
        body.size());
  if (const auto examples = JsonExamples::read(body))
    check(to_rows(signature, examples->examples()), body.size() * examples->examples().rows.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes bytes{reinterpret_cast<const std::byte*>(data) + 1, size - 1};
  const Signature& signature = kSignatures[data[0] % kSignatures.size()];
  switch (data[0] / kSignatures.size() % 3) {
    case 0:
      check_predict(signature, bytes);
      break;
    case 1:
      check_examples(signature, bytes);
      break;
    default:
      check_json(signature, as_text(bytes));
      break;
  }
  return 0;
}
