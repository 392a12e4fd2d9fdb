#pragma once

#include "base/status.h"
#include "dialects/kserve/shared_memory.h"
#include "dialects/kserve/turns.h"
#include "dialects/running_tasks.h"
#include "kserve/grpc_service.parlance.h"
#include "kserve/grpc_service.views.h"
#include "models/repository.h"
#include "rpc/incoming.h"
#include "rpc/reader_writer.h"
#include "rpc/server_call.h"
#include "scheduling/scheduler.h"

namespace parlance::dialects::kserve {

/// The requests of one ModelStreamInfer call, each answered by a task of its own.
class StreamInfer {
 public:
  using Request = Incoming<::inference::ModelInferRequestView>;
  using Out = Writer<::inference::ModelStreamInferResponseFields>;

  /// All of them outlive this.
  StreamInfer(ServerCall& call, const models::Repository& repository, scheduling::Scheduler& scheduler,
              const SharedMemory& memory, Out& out);

  void start(Request request) { answers_.start(answer(std::move(request), Clock::now())); }
  RunningTasks& answers() { return answers_; }
  bool failure_ends_call() const { return failure_ends_call_; }
  /// What ends the call: a failure that is to end it, or nobody reads any more. OK: nothing does.
  const Status& status() const { return status_; }

 private:
  Task<void> answer(Request request, TimePoint received);
  Task<Status> infer(const ::inference::ModelInferRequestView& request, TimePoint received);
  Task<Status> infer_tensors(const ::inference::ModelInferRequestView& request, models::ModelHandle model,
                             TimePoint received);
  /// Of a model that gives its outputs in parts: a response for each.
  Task<Status> infer_parts(const ::inference::ModelInferRequestView& request, models::ModelHandle model,
                           TimePoint received);
  Task<Status> infer_text(const ::inference::ModelInferRequestView& request, models::ModelHandle model,
                          TimePoint received);
  Task<void> write(const ::inference::ModelStreamInferResponseFields& response);

  ServerCall& call_;
  const models::Repository& repository_;
  scheduling::Scheduler& scheduler_;
  const SharedMemory& memory_;
  Out& out_;
  const bool failure_ends_call_;
  Status status_;
  Turns turns_;
  RunningTasks answers_;
};

}  // namespace parlance::dialects::kserve
