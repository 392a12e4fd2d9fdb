#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/status.h"
#include "models/backend.h"
#include "models/tensor.h"
#include "net/loop.h"
#include "scheduling/inference_request.h"
#include "scheduling/waiting.h"

namespace parlance::scheduling {

class VersionQueue;
struct QueuedRequest;

/// Who waits for answers. Lives on a loop, until all its requests are answered.
class Asker {
 public:
  explicit Asker(net::Loop& loop) : loop_(&loop), handle_(loop.handle()) {}

  net::Loop* loop() const { return loop_; }
  const net::LoopHandle& handle() const { return handle_; }
  /// Whether nobody waits any more. From any thread.
  virtual bool gone() const = 0;
  /// `request` has its result. On the loop; the asker may be gone afterwards.
  virtual void answered(QueuedRequest& request) = 0;

 protected:
  ~Asker() = default;

 private:
  net::Loop* const loop_;
  const net::LoopHandle handle_;
};

/// A request, or a part of one, in the queue of its version and while it is run. It belongs to its asker and
/// does not move; stage and result are the queue's until the asker is told.
struct QueuedRequest : Waiting {
  enum class Stage : std::uint8_t { kNew, kWaiting, kRunning, kAnswered };

  VersionQueue* queue = nullptr;
  Asker* asker = nullptr;
  models::Tensors inputs;
  const SequenceStep* step = nullptr;  // of a sequence; null: it is in none
  bool streams = false;                // its outputs go to `sink`, and its result has none
  std::shared_ptr<models::OutputSink> sink;
  bool is_behind = false;  // waits for an earlier step of its sequence, not in the queue
  Stage stage = Stage::kNew;
  std::size_t copied_bytes = 0;
  bool is_counted = true;  // in the statistics of requests; of a request's parts the first is
  std::optional<Result<InferenceResult>> result;  // when kAnswered
};

/// Answers on their way to their askers: one job for each loop.
class Answers {
 public:
  void add(QueuedRequest& request) { requests_.push_back(&request); }
  /// Under no lock. The requests may be gone afterwards.
  void post();

 private:
  std::vector<QueuedRequest*> requests_;
};

}  // namespace parlance::scheduling
