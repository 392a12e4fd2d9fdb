#pragma once

#include <expected>
#include <memory>
#include <string>

#include "base/deadline.h"
#include "base/status.h"
#include "models/backend.h"
#include "models/backends/python/messages.h"
#include "models/backends/python/shared_memory.h"
#include "models/backends/python/worker_log.h"
#include "models/backends/python/worker_process.h"

namespace parlance::models::python {

/// How a worker was lost: "it ended with exit code 1: MemoryError".
struct Lost {
  std::string how;
};

/// A process with a model in it. For one thread, which waits for it; meanwhile what the process writes goes
/// to the log.
class Worker {
 public:
  struct Setup {
    WorkerCommand command;
    Json load;  // load_message()
    std::size_t max_output_bytes;
    LogLines log;
    int stop;  // readable: it shall stop, but a run that is under way ends as it is
    int end;   // readable: it shall stop at once
  };

  /// FAILED_PRECONDITION in words when it cannot be started.
  static Result<std::unique_ptr<Worker>> start(const Setup& setup);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  pid_t pid() const { return process_.pid(); }

  /// Imports the model and calls its load(); FAILED_PRECONDITION with the model's own words, or how the
  /// process was lost.
  Result<ModelSays> load(Duration timeout);
  /// Whether the process ended, or was ended, before load() had an answer.
  bool lost_in_load() const { return lost_in_load_; }

  enum class Wake : std::uint8_t { kWork, kStop, kLost };
  /// Waits until `work` is readable, `timeout` has passed (kWork, too), it shall stop, or the process is
  /// lost.
  Wake idle(int work, Duration timeout);

  /// One run; all waits for the model together take at most `timeout`. With a sink, in parts. After Lost
  /// there is nothing more to be done with it.
  std::expected<Result<RunOutputs>, Lost> run(const Tensors& inputs, const Signature& signature,
                                              OutputSink* sink, Duration timeout);
  /// Of a process that ends by itself: how it did.
  std::string ended();

 private:
  Worker(WorkerProcess process, SharedMemory inputs, SharedMemory outputs, const Setup& setup);

  std::string kill(const std::string& why);
  std::string told(const std::string& how);
  std::expected<Json, Lost> exchange(const Json& message, Deadline deadline, const std::string& late);
  std::expected<Json, Lost> receive(Deadline deadline, const std::string& late);
  bool send(const Json& message, bool with_memory);
  enum class Happened : std::uint8_t { kMessage, kWork, kStop, kEnded, kTimeout };
  Happened wait(int work, Deadline deadline);
  void read_log();

  WorkerProcess process_;
  SharedMemory inputs_;
  SharedMemory outputs_;
  const Json load_;
  const std::size_t max_output_bytes_;
  WorkerLog log_;
  const int stop_;
  const int end_;
  bool lost_in_load_ = false;
  bool heeds_stop_ = true;  // a run that is under way ends as it is
  std::string packet_;
};

}  // namespace parlance::models::python
