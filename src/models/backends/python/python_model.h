#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "models/backend.h"
#include "models/backends/python/event.h"
#include "models/backends/python/worker.h"

// Included by this folder's sources only.
namespace parlance::models::python {

/// How the workers of a model are started and run.
struct WorkersOptions {
  WorkerCommand command;
  Json load;
  PythonConfig config;
  LogLines log;
  std::stop_token stop;  // LoadOptions::stop
};

/// A model in processes: each has a thread here that starts it, gives it one run after the other, and starts
/// it again, with growing pauses, when it is lost. A run that its worker is lost with is given to another
/// once; then it is answered. While no worker lives runs wait, as long as the next one may yet come. When the
/// process is to end, so do the workers, whatever they do.
class PythonModel final : public LoadedModel {
 public:
  /// Waits until each of `instances` is loaded or not; FAILED_PRECONDITION with the reason when none is.
  static Result<std::unique_ptr<PythonModel>> start(WorkersOptions options, unsigned instances);
  ~PythonModel() override;

  const Signature& signature() const override { return signature_; }
  bool runs_elsewhere() const override { return true; }
  bool is_own_code() const override { return true; }
  bool streams() const override { return streams_; }
  void run(Tensors inputs, RunCompletion done) override;
  void run_if_wanted(Tensors inputs, RunIsWanted wanted, RunCompletion done) override;
  void run_stream(Tensors inputs, std::shared_ptr<OutputSink> sink, RunCompletion done) override;
  Status set_instances(unsigned count) override;
  void watch_instances(const InstancesChanged& changed) override;
  Status condition() const override;
  void watch_condition(const ConditionChanged& changed) override;

  static constexpr unsigned kTries = 2;          // of a run
  static constexpr unsigned kTooManyLosses = 3;  // without a run in between that came to its end
  static constexpr Duration kFirstPause = std::chrono::milliseconds{100};
  static constexpr Duration kLongestPause = std::chrono::seconds{30};

 private:
  struct Job {
    Tensors inputs;
    RunIsWanted wanted;
    std::shared_ptr<OutputSink> sink;
    RunCompletion done;
    unsigned tries = 0;
  };
  enum class State : std::uint8_t { kStarting, kAlive, kLost, kFailed };
  /// A worker's place: its process may be another from time to time.
  struct Place {
    Event stop;
    State state = State::kStarting;  // guarded by mutex_
    unsigned losses = 0;             // in a row; of its thread
    bool has_run = false;            // its process; of its thread
    std::thread thread;
  };

  explicit PythonModel(WorkersOptions options);

  // With mutex_ held.
  void add_place();
  unsigned alive() const;
  bool hopeless() const;
  bool runs_fail() const;
  void tell();

  // On the thread of a place.
  void work(Place& place);
  std::unique_ptr<Worker> start_worker(Place& place);
  bool serve(Place& place, Worker& worker);
  bool run_job(Place& place, Worker& worker, Job job);
  void lost(Place& place, const std::string& how);
  void not_loaded(Place& place, const Status& why, bool was_lost = false);
  bool pause(Place& place, Duration duration) const;
  std::optional<Job> take_job();
  void give_back(Job job, const std::string& how);
  void set_state(Place& place, State state);

  void add_job(Job job);
  void tell_condition();
  void end_all();
  void end_places(std::list<Place> places);

  const WorkersOptions options_;
  const Event work_{Event::Kind::kCounts};  // the jobs
  const Event end_;                         // all shall end at once
  Signature signature_;                     // set by the first worker that is loaded, before any run
  bool streams_ = false;                    // as signature_

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // All guarded by mutex_.
  bool has_signature_ = false;
  std::deque<Job> jobs_;
  std::list<Place> places_;
  std::string trouble_;  // why the last worker was lost or not loaded; empty: since then a run was made
  unsigned losses_ = 0;  // of all places, since a run was made
  bool ending_ = false;
  InstancesChanged watcher_;
  ConditionChanged condition_watcher_;
  bool told_failing_ = false;

  std::optional<std::stop_callback<std::function<void()>>> on_stop_;  // last: it uses the others
};

}  // namespace parlance::models::python
