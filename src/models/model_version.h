#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/status.h"
#include "models/backend.h"
#include "models/drain_signal.h"
#include "models/labels.h"
#include "models/model_config.h"
#include "models/signature.h"
#include "models/tensor.h"
#include "models/transform.h"
#include "models/version_state.h"

namespace parlance::models {

/// What a layer above keeps of a version for as long as that is loaded. Destroyed before the model, when
/// nobody uses the version any more.
class VersionCompanion {
 public:
  virtual ~VersionCompanion() = default;
};

/// What warm-up saw a run take.
struct RunTime {
  std::size_t rows = 1;
  Duration shortest{};
};

/// What a version is once its files are read; unchanged until it is unloaded.
struct LoadedVersion {
  std::unique_ptr<LoadedModel> model;
  Signature signature;  // as callers see it: the model's own has the states of sequences, too
  Labels labels;        // empty, or a name for each value of the last dimension of the first output
  ModelConfig config;   // with the backend that was chosen
  const InputTransform* transform = nullptr;    // of raw_input; null: the model takes no raw_input
  std::vector<RunTime> run_times;               // by rows, ascending; none: not known
  Duration typical_run{};                       // the shortest warm-up run with the smallest batch
  bool runs_on_loop = false;                    // short enough for the event loop of the caller
  unsigned instances = 1;                       // runs at the same time that the model was loaded for
  std::unique_ptr<VersionCompanion> companion;  // null: nobody asked for one
};

/// One load of a version and where it stands. Made and moved on by the Repository; used through a
/// ModelHandle.
class ModelVersion {
 public:
  ModelVersion(std::string model, std::int64_t version, std::shared_ptr<DrainSignal> signal)
      : model_(std::move(model)), version_(version), signal_(std::move(signal)), began_(Clock::now()) {}
  ModelVersion(const ModelVersion&) = delete;
  ModelVersion& operator=(const ModelVersion&) = delete;

  const std::string& model() const { return model_; }
  std::int64_t version() const { return version_; }
  VersionState state() const { return state_.load(); }
  /// When it began to load.
  TimePoint began() const { return began_; }
  /// LoadedModel::condition(); OK when it is not READY. Only under the lock under which its state is changed.
  Status condition() const {
    return state() == VersionState::kReady ? loaded_->model->condition() : Status{};
  }
  /// How many use it.
  std::size_t pins() const { return static_cast<std::size_t>(pins_.load()); }

 private:
  friend class ModelHandle;
  friend class Repository;
  friend class VersionDrain;

  /// The loaded version, which stays as it is until unpin(); null when the version is not READY.
  const LoadedVersion* pin();
  void unpin();

  void set_state(VersionState state) { state_.store(state); }
  /// Only while LOADING or WARMING.
  void set_loaded(std::unique_ptr<LoadedVersion> loaded) { loaded_ = std::move(loaded); }
  /// Only while DRAINING, when nobody uses it.
  void free_loaded() { loaded_.reset(); }
  void set_gone();
  /// Until set_gone(). False when `deadline` came first.
  bool wait_until_gone(Deadline deadline);

  const std::string model_;
  const std::int64_t version_;
  const std::shared_ptr<DrainSignal> signal_;
  const TimePoint began_;
  // A pin is counted before the state is read, a drain sets the state before it reads the count, both
  // sequentially consistent: so either the pin sees DRAINING or the drain sees the pin.
  std::atomic<VersionState> state_{VersionState::kLoading};
  std::atomic<std::int64_t> pins_{0};
  std::unique_ptr<LoadedVersion> loaded_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool gone_ = false;  // guarded by mutex_
};

/// Pins a READY version: as long as the handle lives the version stays loaded, also while it drains. Movable;
/// may be dropped on any thread. All members are safe on several threads at once.
class ModelHandle {
 public:
  ModelHandle(ModelHandle&& other) noexcept = default;
  ModelHandle& operator=(ModelHandle&& other) noexcept {
    std::swap(version_, other.version_);
    std::swap(loaded_, other.loaded_);
    return *this;
  }
  ~ModelHandle() {
    if (version_ != nullptr) version_->unpin();
  }

  const std::string& model() const { return version_->model(); }
  std::int64_t version() const { return version_->version(); }
  /// When it began to load.
  TimePoint began() const { return version_->began(); }
  const Signature& signature() const { return loaded_->signature; }
  const Labels& labels() const { return loaded_->labels; }
  /// The name of the engine that runs it.
  const std::string& backend() const { return loaded_->config.backend; }
  const RawInputConfig& raw_input() const { return loaded_->config.raw_input; }
  /// Null: the model takes no raw_input.
  const InputTransform* transform() const { return loaded_->transform; }
  /// The shortest run with the smallest batch, of one as a rule, that warm-up saw.
  Duration typical_run() const { return loaded_->typical_run; }
  const ModelConfig& config() const { return loaded_->config; }
  /// Runs at the same time that it was loaded for.
  unsigned instances() const { return loaded_->instances; }
  /// Null when the repository was given nobody to make one.
  VersionCompanion* companion() const { return loaded_->companion.get(); }
  LoadedModel& engine() const { return *loaded_->model; }
  /// Null: the model's files have none.
  const Tokenizer* tokenizer() const { return loaded_->model->tokenizer(); }
  /// Whether it is a model of text: scheduling::GenerationLoop makes its tokens.
  bool makes_text() const { return loaded_->model->decoder() != nullptr; }
  /// How a conversation becomes a prompt, in Jinja; empty: the model's files say nothing of it.
  const std::string& chat_template() const;
  /// Whether a run is so short that handing it to a worker would cost more than it spares; else a run must
  /// not be made on an event loop.
  bool runs_on_loop() const { return loaded_->runs_on_loop; }

  /// Checks the inputs with bind_inputs(), runs the model and calls `done` exactly once, perhaps before this
  /// returns, perhaps on another thread. The handle and borrowed inputs must live until then.
  void run(Tensors inputs, RunCompletion done) const;
  /// The same, waiting.
  Result<Tensors> run(Tensors inputs) const;

 private:
  friend class Repository;
  ModelHandle(std::shared_ptr<ModelVersion> version, const LoadedVersion* loaded)
      : version_(std::move(version)), loaded_(loaded) {}

  std::shared_ptr<ModelVersion> version_;
  const LoadedVersion* loaded_;
};

}  // namespace parlance::models
