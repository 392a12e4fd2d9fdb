#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "models/model_version.h"
#include "net/thread_pool.h"
#include "scheduling/alarms.h"
#include "scheduling/batch_queue.h"
#include "scheduling/batch_record.h"
#include "scheduling/queued_request.h"
#include "scheduling/sequence_table.h"
#include "scheduling/version_counters.h"
#include "scheduling/version_work.h"

namespace parlance::scheduling {

/// Where the requests of one loaded version wait, and from where they are run: BatchQueue with a lock, the
/// clock, threads and an engine. Thread-safe. Shared: a worker that has answered a version's last request may
/// still be in here when the version is unloaded.
///
/// Which requests a run has is decided when a worker has the time to make it, not before: until then those
/// who leave are left out and others come in. An engine that runs elsewhere needs no worker: its runs are
/// begun on the thread that answered the one before, or where a small request comes, which spares a wake-up.
class VersionQueue final : public Alarms::Sleeper, public std::enable_shared_from_this<VersionQueue> {
 public:
  /// `loaded` lives as long as requests come, the others longer than this.
  VersionQueue(std::string model, const models::LoadedVersion& loaded,
               std::shared_ptr<VersionCounters> counters, net::ThreadPool& workers, Alarms& alarms);

  /// Whether requests are run where they come, without waiting: short runs, of models without batching and
  /// without a state.
  bool runs_inline() const { return runs_inline_; }
  /// Rows of one run; requests with more are to be split. 1: nothing is split.
  std::size_t max_batch() const { return max_batch_; }
  /// Every request is a step of a sequence, or stands alone on a state of zeros.
  bool keeps_state() const { return !config_.sequence.states.empty(); }
  const models::ModelConfig& config() const { return config_; }
  const std::string& model() const { return model_; }
  VersionCounters& counters() { return *counters_; }
  /// Of requests of the same value in this, the inputs can be put together.
  std::uint64_t shape_key(const models::Tensors& inputs) const;

  /// Puts requests into the queue together; each has its asker, inputs, rows and what else Waiting has but
  /// number and arrived. Returns how many are in: one that is refused has its result, and those behind it are
  /// not looked at. The askers are told of the others.
  std::size_t submit(std::span<QueuedRequest> requests);
  /// A request does not wait any more: it has `status` as its result now, and its asker is not told. False,
  /// and nothing changes, when it is being run or has been answered; or when this queue runs everything.
  bool leave(QueuedRequest& request, Outcome outcome, const Status& status);
  /// Ends a sequence that no step ended.
  void end_sequence(const std::string& id);

  void set_instances(unsigned instances);
  /// What is so at the moment.
  void fill(VersionStatistics& statistics) const;
  /// The oldest first.
  std::vector<BatchRecord> recent_batches() const;

  void on_alarm() override;

  static constexpr std::size_t kRecords = 256;

 private:
  struct Run;
  using Lock = std::lock_guard<std::mutex>;

  // All with mutex_ held.
  bool enter(QueuedRequest& request, TimePoint now, Answers& answers);
  bool admit(QueuedRequest& request, TimePoint now, Answers& answers);
  void promote(QueuedRequest* next, TimePoint now, Answers& answers);
  void refuse(QueuedRequest& request, Outcome outcome, Status status, TimePoint now);
  void drop(QueuedRequest& request, Outcome outcome, Status status, TimePoint now, Answers& answers);
  void finish(QueuedRequest& request, Outcome outcome, Result<InferenceResult> result, TimePoint now);
  enum class Next : std::uint8_t { kNothing, kBegin };
  Next pump(TimePoint now, bool may_begin = false);
  std::shared_ptr<Run> take_run(TimePoint now, Answers& answers);
  void drop_left_out(const BatchPlan& plan, TimePoint now, Answers& answers);
  bool still_wanted(QueuedRequest& request, TimePoint now, Answers& answers);
  std::size_t padding_of(std::size_t rows) const;
  void answer(Run& run, QueuedRequest& request, Result<models::Tensors> outputs, std::size_t copied_bytes);
  void release(const Run& run, Answers& answers);
  void record(const Run& run);

  // Without it.
  void work();
  void execute(const std::shared_ptr<Run>& run);
  void executed(Run& run, Result<models::RunOutputs> outputs);
  std::vector<Result<models::Tensors>> take_apart(const Run& run, Result<models::RunOutputs>& outputs) const;

  const std::string model_;
  const models::LoadedVersion& loaded_;
  const models::ModelConfig config_;
  const models::Signature engine_signature_;
  const std::shared_ptr<VersionCounters> counters_;
  net::ThreadPool& workers_;
  Alarms& alarms_;
  const std::size_t max_batch_;
  const bool runs_inline_;
  const bool runs_everything_;  // order kArrival
  const bool runs_elsewhere_;
  const bool begins_where_requests_come_;
  const bool is_ragged_;

  mutable std::mutex mutex_;
  // All guarded by mutex_.
  BatchQueue batches_;
  SequenceTable sequences_;
  std::size_t behind_ = 0;  // steps that wait for their sequence
  bool work_posted_ = false;
  TimePoint alarm_at_ = TimePoint::max();
  std::deque<BatchRecord> records_;
  std::uint64_t next_release_ = 1;  // with preserve_order: the run to be answered next
  std::map<std::uint64_t, std::vector<QueuedRequest*>> held_;  // answers that an earlier run holds up
};

/// What a version that takes tensors keeps of its queue.
class QueueWork final : public VersionWork {
 public:
  QueueWork(std::shared_ptr<VersionQueue> queue, net::ThreadPool& workers)
      : queue_(std::move(queue)), workers_(workers) {}
  VersionQueue* queue() override { return queue_.get(); }
  net::ThreadPool& workers() override { return workers_; }

 private:
  const std::shared_ptr<VersionQueue> queue_;
  net::ThreadPool& workers_;
};

}  // namespace parlance::scheduling
