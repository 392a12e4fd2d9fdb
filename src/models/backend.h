#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string_view>

#include "base/status.h"
#include "generation/step_engine.h"
#include "models/model_config.h"
#include "models/signature.h"
#include "models/tensor.h"
#include "models/tokenizer.h"

namespace parlance::models {

/// What a run made.
struct RunOutputs {
  Tensors tensors;               // in the order of the signature, owning their bytes
  std::size_t copied_bytes = 0;  // of inputs and outputs, between our memory and the engine's
  /// Whether the time it took says what such runs take; not where it had to be made twice, was the first
  /// of an engine that had to be started again, or made parts, which take as long as their reader.
  bool is_typical = true;
};

/// The outputs of a run, or why there are none.
using RunCompletion = std::move_only_function<void(Result<RunOutputs>)>;

/// Whether somebody still waits for what a run makes. From any thread, until the run's completion is called.
using RunIsWanted = std::move_only_function<bool() const>;

/// Takes what a streaming run makes, part by part.
class OutputSink {
 public:
  virtual ~OutputSink() = default;
  /// One part, as the outputs of a run. On a thread of the engine; may block it while the reader is behind.
  /// False: nobody waits any more, and the run is to end.
  virtual bool take(RunOutputs part) = 0;
};

/// Told how many runs can be made at the same time at the moment, on any thread; never called again once
/// the model is gone.
using InstancesChanged = std::function<void(unsigned)>;

/// Told that LoadedModel::condition() is another, on any thread of the engine, which holds no lock; never
/// called again once the model is gone.
using ConditionChanged = std::function<void()>;

/// A model in an engine, ready to run. Thread-safe: any number of runs at once, on any threads.
class LoadedModel {
 public:
  virtual ~LoadedModel() = default;

  virtual const Signature& signature() const = 0;

  /// Runs the model once on `inputs`, which bind_inputs() has put in order and checked, and calls `done`
  /// exactly once: before this returns, or later on a thread of the engine. Borrowed inputs must live until
  /// then, and so must this model. What the engine reports becomes INTERNAL "Inference failed: …", lack of
  /// memory RESOURCE_EXHAUSTED "Insufficient memory for inference".
  virtual void run(Tensors inputs, RunCompletion done) = 0;
  /// Whether run() returns at once, whatever a run takes, so that it may be called on an event loop.
  virtual bool runs_elsewhere() const { return false; }

  /// run() of a batch that waits in the engine first: it is not begun when nobody wants it any more, and
  /// then CANCELLED. Borrowed inputs must live until `done` is called, as in run().
  virtual void run_if_wanted(Tensors inputs, RunIsWanted /*wanted*/, RunCompletion done) {
    run(std::move(inputs), std::move(done));
  }

  /// Whether run_stream() gives its outputs in parts. run() then gives them put together, along their first
  /// dimension.
  virtual bool streams() const { return false; }
  /// As run(), but the outputs go to `sink`, in any number of parts, and `done` gets none when all are
  /// there, or the sink wants no more. What does not stream gives one part.
  virtual void run_stream(Tensors inputs, std::shared_ptr<OutputSink> sink, RunCompletion done);

  /// From now on so many runs may compute at the same time; at least 1. Runs that are under way end as they
  /// are. Takes as long as it takes, so never on an event loop.
  virtual Status set_instances(unsigned count) = 0;

  /// For an engine whose instances come and go by themselves: `changed` is called now, and after each change.
  /// 0: runs wait until one is back.
  virtual void watch_instances(const InstancesChanged& /*changed*/) {}
  /// Why runs fail at the moment, whatever their input; OK: they do not.
  virtual Status condition() const { return {}; }
  /// For an engine whose condition changes by itself: from now on `changed` is called after each change.
  virtual void watch_condition(const ConditionChanged& /*changed*/) {}
  /// Whether it is code of the operator's own. Such a run is never made on an event loop, however short, and
  /// may fail on the zeros of warm-up though the model is as it should be.
  virtual bool is_own_code() const { return false; }

  /// Text to the tokens that this model takes; null when its files have none. Lives as long as this.
  virtual const Tokenizer* tokenizer() const { return nullptr; }
  /// What makes this a model of text: the steps of its decoder, for one thread at a time; null: it makes
  /// none. Then run() and set_instances() are FAILED_PRECONDITION, tokenizer() is there and knows the bytes
  /// of tokens, and the signature is one BYTES [1] in, one out. Lives as long as this.
  virtual generation::StepEngine* decoder() { return nullptr; }
  /// Tokens of prompt and answer that a decoder was made for; 0: its files do not say.
  virtual std::size_t context_tokens() const { return 0; }
};

struct LoadOptions {
  /// Runs that may compute at the same time; at least 1.
  unsigned instances = 1;
  /// Threads of each; at least 1.
  unsigned threads = 1;
  /// Requested when the process is about to end. Where a load, or a run of the model, could keep it from that
  /// for long, it is then given up: UNAVAILABLE or FAILED_PRECONDITION in words.
  std::stop_token stop = {};
};

/// What is to be loaded.
struct ModelSource {
  std::filesystem::path file;  // the model file; the version's folder where the engine needs no file
  const ModelConfig& config;
};

/// An engine. Thread-safe.
class Backend {
 public:
  virtual ~Backend() = default;

  /// As `backend` of model.yaml names it.
  virtual std::string_view name() const = 0;
  /// Endings of the model files it reads, with the dot, in lower case; none: it needs no file.
  virtual std::span<const std::string_view> extensions() const = 0;
  /// Names of files that it reads beside the model file, and that are no models though their ending says so.
  virtual std::span<const std::string_view> side_files() const { return {}; }
  /// Names of files that make a version one of this engine, whatever else lies beside them.
  virtual std::span<const std::string_view> own_files() const { return {}; }
  /// Instances where nobody says how many, given what an engine that computes in this process would have.
  virtual unsigned usual_instances(unsigned one_a_core) const { return one_a_core; }
  /// Reads and compiles the model in `source`. Takes as long as it takes, so never on an event loop.
  /// FAILED_PRECONDITION in words for a file that is no model this engine can run.
  virtual Result<std::unique_ptr<LoadedModel>> load(const ModelSource& source,
                                                    const LoadOptions& options) = 0;
};

}  // namespace parlance::models
