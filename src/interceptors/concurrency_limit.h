#pragma once

#include <cstddef>
#include <mutex>

#include "interceptors/admission_queue.h"
#include "interceptors/exempt_methods.h"
#include "rpc/server_interceptor.h"

namespace parlance::interceptors {

struct ConcurrencyLimitOptions {
  /// Calls that run at a time; at least one.
  std::size_t max_running = 64;
  /// Calls that may wait for their turn; zero: none.
  std::size_t max_waiting = 128;
  ExemptMethods exempt = {};
};

/// Admission: so many calls run at a time, so many wait, first come first served, and the rest is refused
/// unread with RESOURCE_EXHAUSTED (OVERLOADED), RetryInfo and a pushback trailer made of the time that calls
/// really wait (AdmissionQueue::pushback). A call whose deadline passes or whose caller leaves gives up its
/// place. Retries (`grpc-previous-rpc-attempts`) are refused from half a queue on.
///
/// The limit is the server's, not a loop's: what it protects (a pool of workers, a model) is shared by all
/// loops, and a queue a loop would let one wait while another stands idle. So the books are kept under one
/// lock, held for some list operations; a call that was let in from the queue resumes on its own loop.
class ConcurrencyLimit final : public ServerInterceptor {
 public:
  explicit ConcurrencyLimit(ConcurrencyLimitOptions options);
  Task<Status> intercept(ServerCall& call, ServerNext next) override;

  /// Right now; from any thread.
  std::size_t running() const;
  std::size_t waiting() const;

 private:
  class Turn;
  Task<Status> run_in_turn(ServerCall& call, ServerNext next);
  Status overloaded() const;

  const ConcurrencyLimitOptions options_;
  mutable std::mutex mutex_;
  AdmissionQueue queue_;
};

}  // namespace parlance::interceptors
