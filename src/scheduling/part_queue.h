#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "base/deadline.h"
#include "models/backend.h"
#include "net/loop.h"
#include "rpc/call_scope.h"

namespace parlance::scheduling {

/// The parts of a streaming run on their way from the engine's thread to the loop that reads them. The engine
/// waits while the reader is kWindow parts behind; who reads nothing for `slow_reader`, or until the
/// deadline, ends the run.
class PartQueue final : public models::OutputSink, public std::enable_shared_from_this<PartQueue> {
 public:
  /// `slow_reader` of zero: never.
  PartQueue(net::LoopHandle loop, Deadline deadline, Duration slow_reader)
      : loop_(std::move(loop)), deadline_(deadline), slow_reader_(slow_reader) {}

  // Of the engine's thread.
  bool take(models::RunOutputs part) override;

  // Of the loop.
  bool has_next() const;
  std::optional<models::Tensors> next();
  /// Resumes `reader` when there is something to read, or at wake().
  void wait(std::coroutine_handle<> reader) { reader_ = detail::Waiter{reader}; }
  void wake() { reader_.resume(); }
  /// The run ends at its next part; what waits is dropped.
  void stop();
  /// Whether the run was stopped because nobody read: for slow_reader, or until the deadline.
  enum class Unread : std::uint8_t { kNo, kForTooLong, kUntilDeadline };
  Unread unread() const;

  static constexpr std::size_t kWindow = 16;

 private:
  bool wait_for_room(std::unique_lock<std::mutex>& lock, Deadline until);

  const net::LoopHandle loop_;
  const Deadline deadline_;
  const Duration slow_reader_;
  detail::Waiter reader_;  // of the loop

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // All guarded by mutex_.
  std::deque<models::Tensors> parts_;
  bool posted_ = false;
  bool stopped_ = false;
  Unread unread_ = Unread::kNo;
};

}  // namespace parlance::scheduling
