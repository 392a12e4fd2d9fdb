// A KServe inference request, whatever it says, becomes tensors that are what they say, or a status; and what
// is answered to it is a message.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/assert.h"
#include "dialects/kserve/infer_input.h"
#include "dialects/kserve/infer_output.h"
#include "dialects/kserve/infer_parameters.h"
#include "kserve/grpc_service.views.h"
#include "models/byte_elements.h"
#include "models/signature.h"
#include "wire/parsed.h"

namespace {

using namespace parlance;
using namespace parlance::dialects::kserve;
using models::DataType;
using models::Tensor;

constexpr std::size_t kRegionBytes = 256;
constexpr std::string_view kPeer = "unix:";

const models::Signature& signature() {
  static const models::Signature kSignature{
      .inputs = {{"x", DataType::kFp32, {-1, 2}}, {"t", DataType::kBytes, {-1}}},
      .outputs = {
          {"y", DataType::kFp32, {-1, 2}}, {"u", DataType::kBytes, {-1}}, {"h", DataType::kFp16, {2}}}};
  return kSignature;
}

/// With a region "r", for requests that name it.
SharedMemory& memory() {
  static SharedMemory& kMemory = *[] {
    auto* const memory = new SharedMemory{SharedMemory::Callers::kAnyone};
    const std::string key = "/parlance_fuzz_" + std::to_string(getpid());
    const int object = shm_open(key.c_str(), O_RDWR | O_CREAT, 0600);
    require(object >= 0 && ftruncate(object, kRegionBytes) == 0, "no shared memory to fuzz with");
    require(memory->add({.name = "r", .key = key, .offset_bytes = 0, .size_bytes = kRegionBytes}).ok(),
            "the region is not taken");
    close(object);
    shm_unlink(key.c_str());
    return memory;
  }();
  return kMemory;
}

void check(const Tensor& tensor, std::size_t message_bytes) {
  const auto elements = models::element_count(tensor.shape());
  require(elements.has_value(), "a shape that is none");
  const std::size_t size = tensor.bytes().size();
  if (tensor.type() == DataType::kBytes)
    require(models::count_elements(tensor.bytes()) == *elements, "not the elements of its shape");
  else
    require(size == *elements * models::size_bytes(tensor.type()), "not the bytes of its shape");
  // An element of BYTES of no bytes is two bytes in the message and four in memory; a bool or a small integer
  // one and up to eight.
  require(size <= 8 * message_bytes + kRegionBytes, "more memory than the request is worth");
}

const models::Tensors& outputs() {
  static const std::vector<float> kValues{0.5F, 0.25F, -1, 7};
  static const std::string kTexts = [] {
    std::string texts;
    models::append_element(texts, "one");
    models::append_element(texts, "");
    return texts;
  }();
  static const models::Tensors kOutputs{
      Tensor::of<float>("y", {2, 2}, kValues),
      Tensor::borrowing("u", DataType::kBytes, {2}, as_bytes(kTexts)),
      Tensor::borrowing("h", DataType::kFp16, {2}, std::as_bytes(std::span{kValues}).first(4))};
  return kOutputs;
}

void answer(const ::inference::ModelInferRequestView& request, const std::vector<WantedOutput>& wanted) {
  static const models::Labels kLabels{"no", "yes"};
  const InferResponse response{
      request,
      wanted,
      {.model = "m", .version = 1, .signature = signature(), .labels = kLabels, .outputs = outputs()}};
  if (!response.status().ok()) return;
  const Buffer bytes = wire::to_bytes(response.fields());
  wire::Parsed<::inference::ModelInferResponseView> parsed;
  require(parsed.parse(bytes.bytes()).why == nullptr, "the answer is no message");
  const std::size_t expected = wanted.empty() ? outputs().size() : wanted.size();
  require(parsed->outputs().size() == expected, "not as many outputs as were asked for");
  const std::size_t raw = parsed->raw_output_contents().size();
  require(raw == 0 || raw == expected, "raw contents of some outputs only");
}

/// With whatever inputs the request has.
models::Signature fitting(const ::inference::ModelInferRequestView& request) {
  models::Signature signature;
  for (const auto input : request.inputs()) {
    const auto type = models::parse_data_type(input.datatype());
    const auto same = std::ranges::find(signature.inputs, input.name(), &models::TensorSpec::name);
    if (!type || same != signature.inputs.end()) continue;
    models::Shape shape;
    for ([[maybe_unused]] const std::int64_t dimension : input.shape())
      shape.push_back(models::kAnyDimension);
    signature.inputs.push_back({std::string{input.name()}, *type, std::move(shape)});
  }
  return signature;
}

void check_inputs(const ::inference::ModelInferRequestView& request, const models::Signature& asked,
                  std::size_t message_bytes) {
  auto tensors = to_tensors(request, asked.inputs, memory(), kPeer);
  if (!tensors) return;
  require(tensors->tensors.size() == request.inputs().size(), "a tensor is missing");
  for (const Tensor& tensor : tensors->tensors) check(tensor, message_bytes);
  require(models::bind_inputs(asked, std::move(tensors->tensors)).has_value(), "not what the model takes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wire::Parsed<::inference::ModelInferRequestView> parsed;
  if (parsed.parse({reinterpret_cast<const std::byte*>(data), size}).why != nullptr) return 0;
  const ::inference::ModelInferRequestView& request = *parsed;
  if (const auto parameters = read_parameters(request))
    require(!parameters->sequence_id.empty() || !parameters->sequence_start, "a start of no sequence");
  check_inputs(request, signature(), size);
  check_inputs(request, fitting(request), size);
  if (const auto wanted = read_outputs(request, signature(), memory(), kPeer)) answer(request, *wanted);
  return 0;
}
