#include "models/backends/synthetic/synthetic_model.h"

#include <algorithm>
#include <functional>
#include <new>

#include "grpc/error_details.h"

namespace parlance::models::synthetic {
namespace {

std::size_t rows_of(const Tensors& inputs) {
  return inputs.empty() || inputs[0].shape().empty() ? 1 : static_cast<std::size_t>(inputs[0].shape()[0]);
}

Tensor zeros(const TensorSpec& spec, std::size_t rows) {
  Shape shape = spec.shape;
  if (!shape.empty() && shape[0] == kAnyDimension) shape[0] = static_cast<std::int64_t>(rows);
  std::ranges::replace(shape, kAnyDimension, std::int64_t{1});
  const std::optional<std::size_t> elements = element_count(shape);
  if (!elements) throw std::bad_alloc{};
  Buffer buffer = Buffer::allocate(*elements * least_size_bytes(spec.type));
  if (!buffer.empty()) std::ranges::fill(buffer.writable(), std::byte{0});
  return Tensor::owning(spec.name, spec.type, std::move(shape), std::move(buffer));
}

}  // namespace

SyntheticModel::SyntheticModel(Signature signature, SyntheticConfig times, unsigned instances,
                               std::shared_ptr<TimerThread> timer)
    : signature_(std::move(signature)), times_(times), timer_(std::move(timer)), free_at_(instances) {}

void SyntheticModel::run(Tensors inputs, RunCompletion done) {
  const TimePoint ends = book(rows_of(inputs));
  timer_->at(ends, [this, inputs = std::move(inputs), done = std::move(done)]() mutable {
    done(outputs_of(inputs));
  });
}

TimePoint SyntheticModel::book(std::size_t rows) {
  const TimePoint now = Clock::now();
  const std::lock_guard lock{mutex_};
  TimePoint& free_at = *std::ranges::min_element(free_at_);
  free_at = std::max(free_at, now) + times_.base + times_.per_item * static_cast<Duration::rep>(rows);
  return free_at;
}

Status SyntheticModel::set_instances(unsigned count) {
  const std::lock_guard lock{mutex_};
  // The busiest stay: with two of four left, the next run begins when three of those under way have ended.
  std::ranges::sort(free_at_, std::greater{});
  free_at_.resize(count);
  return {};
}

Result<RunOutputs> SyntheticModel::outputs_of(const Tensors& inputs) const try {
  RunOutputs outputs;
  for (std::size_t i = 0; i < signature_.outputs.size(); ++i) {
    const TensorSpec& spec = signature_.outputs[i];
    const bool copies =
        i < inputs.size() && inputs[i].type() == spec.type && fits(inputs[i].shape(), spec.shape);
    if (copies) outputs.copied_bytes += inputs[i].bytes().size();
    outputs.tensors.push_back(
        copies ? Tensor::owning(spec.name, spec.type, inputs[i].shape(), Buffer::copy_of(inputs[i].bytes()))
               : zeros(spec, rows_of(inputs)));
  }
  return outputs;
} catch (const std::bad_alloc&) {
  return std::unexpected{grpc::make_error(StatusCode::kResourceExhausted, "INFERENCE_OUT_OF_MEMORY",
                                          "Insufficient memory for inference", {{"hop", "server"}})};
}

}  // namespace parlance::models::synthetic
