#pragma once

#include <coroutine>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "models/tensor.h"
#include "rpc/cancellation.h"
#include "rpc/server_call.h"
#include "rpc/task.h"
#include "scheduling/part_queue.h"
#include "scheduling/queued_request.h"

namespace parlance::scheduling {

/// The outputs of one request as its model gives them, part by part: one part of a model that does not
/// stream. Belongs to the call's loop. When the call is cancelled the run ends at its next part; when nobody
/// reads what it makes (python.slow_reader, or until its deadline) it ends and so does the call, by abort().
///
///   while (auto part = co_await stream->next()) use(*part);
///   co_await stream->end();
///   co_return stream->status();
class TensorStream final : CancellationListener {
 public:
  /// Of the parts of a request, at least one, as they are to be queued (Scheduler::infer_stream() makes
  /// them); those that name no client are of `client`.
  TensorStream(ServerCall& call, std::string client, std::vector<QueuedRequest> requests);
  /// It must have ended: end() says when.
  ~TensorStream();
  TensorStream(const TensorStream&) = delete;
  TensorStream& operator=(const TensorStream&) = delete;

  struct Next {
    TensorStream& stream;

    bool await_ready() const { return stream.ended_ || stream.parts_->has_next(); }
    void await_suspend(std::coroutine_handle<> reader) const { stream.parts_->wait(reader); }
    std::optional<models::Tensors> await_resume() const { return stream.parts_->next(); }
  };
  /// The next part, its tensors in the order of the signature; nothing after the last, or when it failed.
  Next next() { return {*this}; }

  struct End {
    TensorStream& stream;

    bool await_ready() const { return stream.ended_; }
    void await_suspend(std::coroutine_handle<> waiting) const { stream.parts_->wait(waiting); }
    void await_resume() const {}
  };
  /// Nobody wants more: the run ends at its next part. Goes on when it has.
  End end();

  /// Once it has ended: how.
  const Status& status() const { return status_; }

 private:
  void on_cancelled() override { parts_->stop(); }
  static void on_done(void* stream);
  Task<void> run();

  ServerCall& call_;
  const std::string client_;
  std::vector<QueuedRequest> requests_;
  const std::shared_ptr<PartQueue> parts_;
  Status status_;
  bool ended_ = false;
  Task<void> running_;
};

}  // namespace parlance::scheduling
