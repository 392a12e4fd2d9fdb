#pragma once

#include <cstddef>
#include <string_view>

#include "base/deadline.h"
#include "base/memory_budget.h"
#include "base/status.h"

namespace parlance::detail {

/// What an idle connection costs (HPACK tables, the engine, the socket's books), and the block of output that
/// it takes as soon as it has anything to say.
inline constexpr std::size_t kConnectionMemoryBytes = 32 * 1024;
/// What a call costs without its messages: the stream, the call with metadata, the handler's frame.
inline constexpr std::size_t kCallMemoryBytes = 2 * 1024;

/// The memory that one loop of a server holds for its connections and calls, and what follows from how much
/// is left (ServerOptions::memory_bytes). Only on the loop's thread.
class LoopMemory {
 public:
  /// `budget` outlives it.
  explicit LoopMemory(MemoryBudget& budget) : lease_(budget) {}

  /// Whether this much more may be held. The last 32nd of the limit is spared for what nobody asks about: the
  /// calls that are refused, header sections, blocks of output.
  [[nodiscard]] bool reserve(std::size_t size_bytes) {
    return lease_.reserve(size_bytes, limit_bytes() / 32);
  }
  void recharge(std::size_t before_bytes, std::size_t after_bytes) {
    lease_.recharge(before_bytes, after_bytes);
  }

  /// How much of what they may queue otherwise producers should queue now, from 1 to 0.
  double share() const {
    const std::size_t taken = taken_bytes();
    return taken < limit_bytes() / 4 ? 1 : share_for_producers(taken, limit_bytes());
  }
  /// New calls are refused, and senders are not given more of their windows.
  bool is_short() const { return parlance::is_short(taken_bytes(), limit_bytes()); }
  bool is_over() const { return taken_bytes() > limit_bytes(); }
  /// RESOURCE_EXHAUSTED, MEMORY_LIMIT, with advice to try again: the server is at its limit.
  Status limit_reached() const;
  /// At most one line a second says so; the rest are counted for the next one.
  bool may_log(TimePoint now);

 private:
  std::size_t taken_bytes() const { return lease_.budget().taken_bytes(); }
  std::size_t limit_bytes() const { return lease_.budget().limit_bytes(); }

  MemoryLease lease_;
  TimePoint next_log_{};
};

/// What one connection or call holds of it; gives it back at its end.
class MemoryCharge {
 public:
  MemoryCharge(LoopMemory& memory, std::size_t size_bytes) : memory_(memory), size_bytes_(size_bytes) {
    memory_.recharge(0, size_bytes_);
  }
  ~MemoryCharge() { memory_.recharge(size_bytes_, 0); }
  MemoryCharge(const MemoryCharge&) = delete;
  MemoryCharge& operator=(const MemoryCharge&) = delete;

  std::size_t size_bytes() const { return size_bytes_; }
  void set(std::size_t size_bytes) {
    memory_.recharge(size_bytes_, size_bytes);
    size_bytes_ = size_bytes;
  }

 private:
  LoopMemory& memory_;
  std::size_t size_bytes_;
};

/// RESOURCE_EXHAUSTED, MEMORY_LIMIT: `what` ("the call") holds `observed_bytes` and would pass the option
/// `knob`.
Status memory_limit(std::string_view what, std::size_t limit_bytes, std::size_t observed_bytes,
                    std::string_view knob);

/// Half of the memory that this process may have: of its cgroup's limit, or of the machine's memory.
std::size_t default_memory_bytes();

}  // namespace parlance::detail
