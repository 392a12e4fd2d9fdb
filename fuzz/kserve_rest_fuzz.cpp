// Bodies of the Open Inference Protocol over HTTP. Whatever they say, they become a message or a status; the
// message has a raw content for each input that needs one and no more memory than was sent; and values
// written as JSON are read as the same bytes again. The first byte says where the JSON ends, and whether it
// is a body of …/generate.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "dialects/kserve/rest/generate.h"
#include "dialects/kserve/rest/infer_answer.h"
#include "dialects/kserve/rest/infer_request.h"
#include "dialects/kserve/rest/message.h"
#include "kserve/grpc_service.views.h"
#include "models/data_type.h"
#include "models/shape.h"
#include "wire/parsed.h"

namespace {

using namespace parlance;
using namespace parlance::dialects::kserve::rest;
using Request = ::inference::ModelInferRequestView;
using Response = ::inference::ModelInferResponseFields;

constexpr ModelName kName{.model = "m", .version = {}};

struct Whole {
  std::vector<std::vector<std::int64_t>> shapes;
  std::vector<Response::InferOutputTensor> outputs;
  std::vector<Bytes> raw;
  bool is_exact = true;  // each BOOL is 0 or 1, which is all that JSON has of them
};

/// The inputs that can be an answer's outputs, with their raw contents.
Whole whole_inputs(const Request& request) {
  Whole whole;
  const auto raw = request.raw_input_contents();
  auto next_raw = raw.begin();
  for (const auto input : request.inputs()) {
    if (input.parameters().find("shared_memory_region")) continue;
    require(next_raw != raw.end(), "an input without its raw contents");
    const Bytes bytes = *next_raw;
    ++next_raw;
    models::Shape shape;
    for (const std::int64_t dimension : input.shape()) shape.push_back(dimension);
    const auto type = models::parse_data_type(input.datatype());
    if (!type || !models::element_count(shape)) continue;
    whole.shapes.push_back(std::move(shape));
    whole.outputs.push_back({.name = input.name(), .datatype = input.datatype()});
    whole.raw.push_back(bytes);
    const auto is_other = [](std::byte byte) { return byte > std::byte{1}; };
    if (*type == models::DataType::kBool && std::ranges::any_of(bytes, is_other)) whole.is_exact = false;
  }
  require(next_raw == raw.end(), "raw contents without an input");
  for (std::size_t i = 0; i < whole.shapes.size(); ++i) whole.outputs[i].shape = whole.shapes[i];
  return whole;
}

/// An answer with these outputs as JSON, asked again.
void check_round_trip(const Whole& whole) {
  constexpr std::string_view kOutputs = "\"outputs\":";
  const Buffer message =
      serialize(Response{.model_name = "m", .outputs = whole.outputs, .raw_output_contents = whole.raw});
  const Result<edge::HttpResponse> answer = write_infer_answer(message.bytes(), {});
  if (!answer) return;
  std::string body = answer->body;
  body.replace(body.find(kOutputs), kOutputs.size(), "\"inputs\":");
  const Result<InferRequest> again = read_infer_request(kName, body, {});
  if (!again)
    return require(body.find("NaN") != body.npos || body.find("Infinity") != body.npos, "not read again");
  const auto read = wire::Parsed<Request>::of(again->message.bytes());
  require(read.has_value(), "a message that is none");
  const auto raw = (*read)->raw_input_contents();
  require(std::ranges::equal(raw, whole.raw, [](Bytes a, Bytes b) { return std::ranges::equal(a, b); }),
          "not read as it was written");
}

void check_message(const Buffer& message, std::size_t sent_bytes) {
  require(message.size() <= 1024 + 16 * sent_bytes, "more memory than was sent");
  const auto request = wire::Parsed<Request>::of(message.bytes());
  require(request.has_value(), "a message that is none");
  const Whole whole = whole_inputs(**request);
  if (whole.is_exact) check_round_trip(whole);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body{reinterpret_cast<const char*>(data) + 1, size - 1};
  if (data[0] == 0xff) {
    if (const Result<Buffer> message = read_generate_request(kName, body)) check_message(*message, size);
    return 0;
  }
  const std::optional<std::size_t> json_bytes =
      data[0] == 0 ? std::nullopt
                   : std::optional{body.size() - std::min<std::size_t>(data[0] - 1, body.size())};
  if (const auto request = read_infer_request(kName, body, json_bytes)) check_message(request->message, size);
  return 0;
}
