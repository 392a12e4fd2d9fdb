#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "models/model_version.h"
#include "models/repository.h"
#include "net/thread_pool.h"
#include "rpc/server_call.h"
#include "rpc/task.h"
#include "scheduling/batch_record.h"
#include "scheduling/generation/generation_table.h"
#include "scheduling/inference_request.h"
#include "scheduling/statistics.h"
#include "scheduling/tensor_stream.h"

namespace parlance::scheduling {

class Alarms;
class StatisticsTable;

struct SchedulerOptions {
  /// Threads that all models' runs share, but those that are made on an event loop; 0: one a core.
  unsigned threads = 0;
};

/// What Scheduler::infer_all() comes to.
struct BatchResult {
  std::vector<InferenceResult> results;  // of all requests in their order, when status is OK; else empty
  std::size_t failed = 0;                // which request it was that failed
  Status status;
};

/// Decides for every request whether, when and with which others it is run. One a server: it outlives the
/// calls and the repository whose versions it keeps queues for. Thread-safe.
class Scheduler {
 public:
  explicit Scheduler(SchedulerOptions options = {});
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// For RepositoryOptions::make_companion: versions that take tensors get a queue, those that make text a
  /// GenerationLoop.
  models::MakeCompanion companion_maker();

  /// On the call's loop, where the result comes back to. `request` outlives the task, which takes its inputs.
  /// A request whose deadline has passed (DEADLINE_EXCEEDED) or whose caller has gone (CANCELLED) is never
  /// run; DEADLINE_EXCEEDED, too, when the deadline passes during the run. RESOURCE_EXHAUSTED with RetryInfo
  /// when the queue is full or the request could not be finished in time. Else what the engine says. The
  /// model's repository has this scheduler's companion_maker(). UNIMPLEMENTED for a model that makes text.
  Task<Result<InferenceResult>> infer(ServerCall& call, InferenceRequest& request);

  /// The same part by part, as the model gives its outputs; one that does not stream gives one part. All but
  /// UNIMPLEMENTED is the stream's status.
  Result<std::unique_ptr<TensorStream>> infer_stream(ServerCall& call, InferenceRequest& request);

  /// Puts all requests into their queues at once, so that they may share runs with each other and with those
  /// of other calls; models whose runs are short enough for the event loop, too, are run by workers then. All
  /// or nothing: the first that fails takes those out that still wait.
  Task<BatchResult> infer_all(ServerCall& call, std::span<InferenceRequest* const> requests);

  /// The state of that sequence is freed, unless a step of it is queued or running.
  void end_sequence(std::string_view model, std::int64_t version, const std::string& id);

  /// By model and version; also of versions that were unloaded.
  std::vector<VersionStatistics> statistics() const;
  /// The same of versions that make text.
  std::vector<VersionGeneration> generation() const;

  /// The last runs of that version, the oldest first; none when it is not loaded. Runs on an event loop are
  /// not recorded: they wait for nobody.
  std::vector<BatchRecord> recent_batches(std::string_view model, std::int64_t version) const;

  /// From now on so many runs of that version may be made at the same time. INVALID_ARGUMENT unless 1 to
  /// kMaxInstances; else the engine's word. Takes as long as it takes, so never on an event loop.
  Result<void> scale(const models::ModelHandle& model, unsigned instances);

  /// The threads that runs are made on, for what else of a request is too long for an event loop.
  net::ThreadPool& workers() { return *workers_; }

  static constexpr unsigned kMaxInstances = 256;

 private:
  const std::unique_ptr<StatisticsTable> statistics_;
  const std::unique_ptr<GenerationTable> generation_;
  const std::unique_ptr<Alarms> alarms_;
  const std::unique_ptr<net::ThreadPool> workers_;  // last: what it runs uses the others
};

}  // namespace parlance::scheduling
