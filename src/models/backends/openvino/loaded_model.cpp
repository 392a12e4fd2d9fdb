#include "models/backends/openvino/loaded_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <new>
#include <optional>
#include <utility>

#include "grpc/error_details.h"
#include "models/backends/openvino/conversion.h"

namespace parlance::models::openvino {
namespace {

/// Tensors up to this size are copied. Copying so much takes about a microsecond; to give a request another
/// tensor takes two.
constexpr std::size_t kCopiedBytes = 16 * 1024;

ov::Shape to_engine_shape(const Shape& shape) { return {shape.begin(), shape.end()}; }

/// A view of our memory as the engine's tensor. The engine only reads inputs.
ov::Tensor view(const Tensor& tensor) {
  return {to_element_type(tensor.type()), to_engine_shape(tensor.shape()),
          const_cast<std::byte*>(tensor.bytes().data())};
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

OpenVinoModel::OpenVinoModel(Compiled compiled, Compile compile, Signature signature,
                             std::unique_ptr<Tokenizer> tokenizer)
    : compile_(std::move(compile)),
      signature_(std::move(signature)),
      tokenizer_(std::move(tokenizer)),
      has_open_outputs_(std::ranges::any_of(signature_.outputs, has_open_dimension)),
      compiled_(std::move(compiled)) {}

void OpenVinoModel::run(Tensors inputs, RunCompletion done) { done(run_now(inputs)); }

Status OpenVinoModel::set_instances(unsigned count) try {
  Compiled compiled = compile_(count);
  std::vector<Lane> idle;  // destroyed after the lock is released
  const std::lock_guard lock{mutex_};
  std::swap(compiled_, compiled);
  std::swap(idle_, idle);
  ++compilation_;
  return {};
} catch (const std::exception& exception) {
  return {StatusCode::kFailedPrecondition, plain_reason(exception.what())};
}

Result<RunOutputs> OpenVinoModel::run_now(const Tensors& inputs) try {
  if (!has_open_outputs_ || !rows_follow_batch_.load(std::memory_order_relaxed)) return infer(inputs, false);
  try {
    return infer(inputs, true);
  } catch (const ov::Exception&) {
    // The engine cannot put an output of another shape into our memory: run once more without it.
    RunOutputs outputs = infer(inputs, false);
    rows_follow_batch_.store(false, std::memory_order_relaxed);
    return outputs;
  }
} catch (const std::bad_alloc&) {
  return std::unexpected{grpc::make_error(StatusCode::kResourceExhausted, "INFERENCE_OUT_OF_MEMORY",
                                          "Insufficient memory for inference", {{"hop", "server"}})};
} catch (const std::exception& exception) {
  return std::unexpected{grpc::make_error(StatusCode::kInternal, "INFERENCE_FAILED",
                                          "Inference failed: " + plain_reason(exception.what()),
                                          {{"hop", "server"}})};
}

/// A lane whose run threw is dropped, not given back: its request may be in any state.
RunOutputs OpenVinoModel::infer(const Tensors& inputs, bool rows_follow_batch) {
  Lane lane = take_lane(rows_follow_batch);
  for (std::size_t i = 0; i < inputs.size(); ++i) set_input(lane, i, inputs[i]);
  std::vector<Buffer> lent(signature_.outputs.size());
  for (std::size_t i = 0; i < lent.size(); ++i) lent[i] = set_output(lane, i, inputs, rows_follow_batch);
  if (lane.on_caller) {
    lane.request.infer();
  } else {
    // Not infer(): with one stream it loses the exception of a run that failed, and returns as if all were
    // well.
    lane.request.start_async();
    lane.request.wait();
  }

  RunOutputs outputs;
  outputs.tensors.reserve(lent.size());
  for (std::size_t i = 0; i < lent.size(); ++i)
    outputs.tensors.push_back(take_output(lane, i, std::move(lent[i])));
  outputs.copied_bytes = std::exchange(lane.copied_bytes, 0);
  give_back(std::move(lane));
  return outputs;
}

void OpenVinoModel::set_input(Lane& lane, std::size_t index, const Tensor& input) {
  ov::Tensor& kept = lane.inputs[index];
  if (input.bytes().size() > kCopiedBytes || input.bytes().empty()) {
    lane.request.set_input_tensor(index, view(input));
    kept = {};
    return;
  }
  if (!kept || !std::ranges::equal(kept.get_shape(), input.shape(), std::equal_to<std::size_t>{})) {
    kept = {to_element_type(input.type()), to_engine_shape(input.shape())};
    lane.request.set_input_tensor(index, kept);
  }
  std::memcpy(kept.data(), input.bytes().data(), input.bytes().size());
  lane.copied_bytes += input.bytes().size();
}

Buffer OpenVinoModel::set_output(Lane& lane, std::size_t index, const Tensors& inputs,
                                 bool rows_follow_batch) const {
  const TensorSpec& spec = signature_.outputs[index];
  const ov::element::Type type = to_element_type(spec.type);
  ov::Tensor& kept = lane.outputs[index];
  const std::optional<ov::Shape> shape = expected_shape(spec, inputs, rows_follow_batch);
  if (!shape) return {};  // the engine's own memory
  const std::size_t bytes = ov::shape_size(*shape) * size_bytes(spec.type);
  if (bytes <= kCopiedBytes) {
    if (kept && kept.get_shape() == *shape) return {};
    kept = {type, *shape};
    lane.request.set_output_tensor(index, kept);
    return {};
  }
  Buffer lent = Buffer::allocate(bytes);
  lane.request.set_output_tensor(index, ov::Tensor{type, *shape, lent.writable().data()});
  kept = {};
  return lent;
}

Tensor OpenVinoModel::take_output(Lane& lane, std::size_t index, Buffer lent) const {
  const TensorSpec& spec = signature_.outputs[index];
  const ov::Tensor& kept = lane.outputs[index];
  const ov::Tensor result = kept ? kept : lane.request.get_output_tensor(index);
  const bool in_place = !lent.empty() && result.data() == lent.data();
  if (in_place) {
    lent = lent.slice(0, result.get_byte_size());  // fewer rows than there was room for
  } else {
    lane.copied_bytes += result.get_byte_size();
    lent = Buffer::copy_of({static_cast<const std::byte*>(result.data()), result.get_byte_size()});
  }
  // Copied: some of the engine's tensors make their shape anew each time they are asked.
  const ov::Shape shape = result.get_shape();
  return Tensor::owning(spec.name, spec.type, {shape.begin(), shape.end()}, std::move(lent));
}

OpenVinoModel::Lane OpenVinoModel::take_lane(bool rows_follow_batch) {
  ov::CompiledModel compiled;
  std::uint64_t compilation = 0;
  bool on_caller = false;
  {
    const std::lock_guard lock{mutex_};
    while (!idle_.empty()) {
      Lane lane = std::move(idle_.back());
      idle_.pop_back();
      if (lane.rows_follow_batch == rows_follow_batch) return lane;
    }
    compiled = compiled_.copies[lanes_made_++ % compiled_.copies.size()];
    compilation = compilation_;
    on_caller = compiled_.on_caller;
  }
  return {.request = compiled.create_infer_request(),
          .inputs = std::vector<ov::Tensor>(signature_.inputs.size()),
          .outputs = std::vector<ov::Tensor>(signature_.outputs.size()),
          .rows_follow_batch = rows_follow_batch,
          .compilation = compilation,
          .on_caller = on_caller};
}

void OpenVinoModel::give_back(Lane lane) {
  const std::lock_guard lock{mutex_};
  if (lane.compilation == compilation_) idle_.push_back(std::move(lane));
}

}  // namespace parlance::models::openvino
