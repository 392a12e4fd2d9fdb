#include "models/model_version.h"

#include <array>
#include <optional>

namespace parlance::models {

std::string_view to_string(VersionState state) {
  static constexpr std::array<std::string_view, 6> kNames{"LOADING",  "WARMING",  "READY",
                                                          "DRAINING", "UNLOADED", "FAILED"};
  return kNames[static_cast<std::size_t>(state)];
}

const LoadedVersion* ModelVersion::pin() {
  pins_.fetch_add(1);
  if (state_.load() == VersionState::kReady) return loaded_.get();
  unpin();
  return nullptr;
}

void ModelVersion::unpin() {
  if (pins_.fetch_sub(1) == 1 && state_.load() == VersionState::kDraining) signal_->give();
}

void ModelVersion::set_gone() {
  const std::lock_guard lock{mutex_};
  gone_ = true;
  changed_.notify_all();
}

bool ModelVersion::wait_until_gone(Deadline deadline) {
  std::unique_lock lock{mutex_};
  const auto gone = [&] { return gone_; };
  if (!deadline.is_never()) return changed_.wait_until(lock, deadline.at(), gone);
  changed_.wait(lock, gone);
  return true;
}

const std::string& ModelHandle::chat_template() const {
  static const std::string none;
  return tokenizer() == nullptr ? none : tokenizer()->chat_template();
}

void ModelHandle::run(Tensors inputs, RunCompletion done) const {
  Result<Tensors> bound = bind_inputs(loaded_->signature, std::move(inputs));
  if (!bound) return done(std::unexpected{std::move(bound).error()});
  loaded_->model->run(*std::move(bound), std::move(done));
}

Result<Tensors> ModelHandle::run(Tensors inputs) const {
  std::mutex mutex;
  std::condition_variable finished;
  std::optional<Result<Tensors>> outputs;
  run(std::move(inputs), [&](Result<RunOutputs> result) {
    const std::lock_guard lock{mutex};
    if (result)
      outputs.emplace(std::move(result->tensors));
    else
      outputs.emplace(std::unexpected{std::move(result).error()});
    finished.notify_one();  // under the lock: the waiter ends the life of all three
  });
  std::unique_lock lock{mutex};
  finished.wait(lock, [&] { return outputs.has_value(); });
  return *std::move(outputs);
}

}  // namespace parlance::models
