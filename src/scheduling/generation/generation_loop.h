#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/status.h"
#include "generation/step_engine.h"
#include "scheduling/generation/generation_mailbox.h"
#include "scheduling/generation/generation_request.h"
#include "scheduling/generation/generation_statistics.h"
#include "scheduling/generation/generation_stream.h"
#include "scheduling/generation/step_runner.h"

namespace parlance::scheduling {

/// Makes the tokens of a loaded text version: a thread that runs all its sequences together, step by step.
/// Between two steps it does what event loops have asked for (sequences that come, leave or go on), so that
/// whoever leaves is in one step more at most. After a step each event loop has one job with all its tokens.
///
///   Result<GenerationStream> stream = loop.start(request);
///   if (!stream) co_return stream.error();
///   CancelWithCall cancel{call, *stream};
///   while (auto step = co_await stream->next()) …
///
/// Every sequence ends with a step that has a FinishReason: also when its deadline passes (before the next
/// step), when the engine fails (all who were in that step) and when the loop is stopped. A slow reader
/// pauses its own sequence and nobody else's (GenerationLimits::window_steps), and one who reads nothing for
/// too long is told so (GenerationLimits::slow_reader).
class GenerationLoop {
 public:
  /// `engine` outlives this, and is used by its thread alone, but for sizes.
  GenerationLoop(std::string model, generation::StepEngine& engine, const GenerationLimits& limits);
  ~GenerationLoop();
  GenerationLoop(const GenerationLoop&) = delete;
  GenerationLoop& operator=(const GenerationLoop&) = delete;

  /// On an event loop, which the stream belongs to; the stream may outlive this. INVALID_ARGUMENT and
  /// RESOURCE_EXHAUSTED as problem_of() says; RESOURCE_EXHAUSTED with RetryInfo when max_open() sequences are
  /// open; UNAVAILABLE after stop().
  Result<GenerationStream> start(GenerationRequest request);
  /// The same for `count` > 0 sequences of one prompt, which is computed once; each draws with a seed of its
  /// own, `request.sampling.seed` and those that follow it.
  Result<std::vector<GenerationStream>> start(GenerationRequest request, std::size_t count);

  /// All who are open are told MODEL_UNLOADED, after the step that runs; then the thread is joined. From any
  /// thread but its own, also twice.
  void stop();

  const GenerationLimits& limits() const { return limits_; }
  /// As it was after the last step. From any thread.
  GenerationStatistics statistics() const;

 private:
  void run();
  void publish();

  const std::string model_;
  generation::StepEngine& engine_;
  const GenerationLimits limits_;
  const std::shared_ptr<GenerationMailbox> mailbox_;
  StepRunner runner_;  // the thread's
  mutable std::mutex mutex_;
  GenerationStatistics statistics_;  // guarded by mutex_
  std::mutex stopping_;              // whoever stops joins alone
  std::thread thread_;
};

}  // namespace parlance::scheduling
