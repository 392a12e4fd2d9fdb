#include "models/backends/openvino/loaded_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <optional>

#include "grpc/error_details.h"
#include "models/backends/openvino/conversion.h"

namespace parlance::models::openvino {
namespace {

/// A view of our memory as the engine's tensor. The engine only reads inputs.
ov::Tensor view(const Tensor& tensor) {
  const ov::Shape shape(tensor.shape().begin(), tensor.shape().end());
  return {to_element_type(tensor.type()), shape, const_cast<std::byte*>(tensor.bytes().data())};
}

/// The shape an output will have, where it can be told before the run.
std::optional<ov::Shape> expected_shape(const TensorSpec& output, const Tensors& inputs,
                                        bool rows_follow_batch) {
  ov::Shape shape;
  for (std::size_t i = 0; i < output.shape.size(); ++i) {
    std::int64_t dimension = output.shape[i];
    const bool is_rows = i == 0 && rows_follow_batch && !inputs.empty() && !inputs[0].shape().empty();
    if (dimension == kAnyDimension && is_rows) dimension = inputs[0].shape()[0];
    if (dimension == kAnyDimension) return std::nullopt;
    shape.push_back(static_cast<std::size_t>(dimension));
  }
  return shape;
}

bool has_open_dimension(const TensorSpec& spec) {
  return std::ranges::find(spec.shape, kAnyDimension) != spec.shape.end();
}

}  // namespace

OpenVinoModel::OpenVinoModel(ov::CompiledModel compiled, Signature signature)
    : compiled_(std::move(compiled)),
      signature_(std::move(signature)),
      has_open_outputs_(std::ranges::any_of(signature_.outputs, has_open_dimension)) {}

void OpenVinoModel::run(Tensors inputs, RunCompletion done) { done(run_now(inputs)); }

Result<Tensors> OpenVinoModel::run_now(const Tensors& inputs) try {
  if (!has_open_outputs_ || !rows_follow_batch_.load(std::memory_order_relaxed)) return infer(inputs, false);
  try {
    return infer(inputs, true);
  } catch (const ov::Exception&) {
    // The engine cannot put an output of another shape into our memory: run once more without it.
    Tensors outputs = infer(inputs, false);
    rows_follow_batch_.store(false, std::memory_order_relaxed);
    return outputs;
  }
} catch (const std::bad_alloc&) {
  return std::unexpected{
      grpc::make_error(StatusCode::kResourceExhausted, "OUT_OF_MEMORY", "Insufficient memory for inference")};
} catch (const std::exception& exception) {
  return std::unexpected{grpc::make_error(StatusCode::kInternal, "INFERENCE_FAILED",
                                          "Inference failed: " + plain_reason(exception.what()))};
}

/// A request whose run threw is dropped, not given back: it may be in any state.
Tensors OpenVinoModel::infer(const Tensors& inputs, bool rows_follow_batch) {
  ov::InferRequest request = take_request();
  for (std::size_t i = 0; i < inputs.size(); ++i) request.set_input_tensor(i, view(inputs[i]));
  std::vector<OutputMemory> memory = set_outputs(request, inputs, rows_follow_batch);
  request.infer();

  Tensors outputs;
  outputs.reserve(memory.size());
  for (std::size_t i = 0; i < memory.size(); ++i) {
    const ov::Tensor result = request.get_output_tensor(i);
    Buffer buffer = std::move(memory[i].buffer);
    const bool in_place = memory[i].view == result.data() && buffer.size() == result.get_byte_size();
    if (!in_place)
      buffer = Buffer::copy_of({static_cast<const std::byte*>(result.data()), result.get_byte_size()});
    Shape shape(result.get_shape().begin(), result.get_shape().end());
    const TensorSpec& spec = signature_.outputs[i];
    outputs.push_back(Tensor::owning(spec.name, spec.type, std::move(shape), std::move(buffer)));
  }
  give_back(std::move(request));
  return outputs;
}

/// Every output is set anew: what an earlier run of the request left there belongs to its caller.
std::vector<OpenVinoModel::OutputMemory> OpenVinoModel::set_outputs(ov::InferRequest& request,
                                                                    const Tensors& inputs,
                                                                    bool rows_follow_batch) const {
  std::vector<OutputMemory> memory(signature_.outputs.size());
  for (std::size_t i = 0; i < memory.size(); ++i) {
    const TensorSpec& spec = signature_.outputs[i];
    const ov::element::Type type = to_element_type(spec.type);
    const std::optional<ov::Shape> shape = expected_shape(spec, inputs, rows_follow_batch);
    if (!shape || ov::shape_size(*shape) == 0) {
      request.set_output_tensor(i, ov::Tensor{type, ov::Shape(spec.shape.size(), 0)});
      continue;
    }
    memory[i].buffer = Buffer::allocate(ov::shape_size(*shape) * size_bytes(spec.type));
    memory[i].view = memory[i].buffer.data();
    request.set_output_tensor(i, ov::Tensor{type, *shape, memory[i].buffer.writable().data()});
  }
  return memory;
}

ov::InferRequest OpenVinoModel::take_request() {
  {
    const std::lock_guard lock{mutex_};
    if (!idle_.empty()) {
      ov::InferRequest request = std::move(idle_.back());
      idle_.pop_back();
      return request;
    }
  }
  return compiled_.create_infer_request();
}

void OpenVinoModel::give_back(ov::InferRequest request) {
  const std::lock_guard lock{mutex_};
  idle_.push_back(std::move(request));
}

}  // namespace parlance::models::openvino
