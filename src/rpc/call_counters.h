#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "rpc/call_statistics.h"

namespace parlance::detail {

/// Written by one thread, read by any: plain loads and stores on the writer's side, no locked instruction.
class SingleWriterCount {
 public:
  void add(std::uint64_t more) {
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

/// Counts the calls of one loop of a server, by method and status.
class CallCounters {
 public:
  /// Methods are numbered from 0 to `methods` - 1; what is not served has the number `methods`.
  explicit CallCounters(std::size_t methods) : methods_(methods + 1) {}

  // On the loop.
  void start(std::size_t method) { methods_[method].started.add(1); }
  struct Ending {
    StatusCode status;
    Duration duration;
    std::uint64_t sent_bytes;
    std::uint64_t received_bytes;
  };
  void end(std::size_t method, const Ending& ending);

  /// From any thread: adds what was counted of the method to `sums`.
  void add_to(CallStatistics& sums, std::size_t method) const;

 private:
  static constexpr std::size_t kStatuses = 17;

  struct Bytes {
    std::array<SingleWriterCount, kCallBytesBounds.size() + 1> counts;
    SingleWriterCount bytes;
    void add(std::uint64_t size_bytes);
    void add_to(BytesHistogram& sums) const;
  };
  struct OfStatus {
    std::array<SingleWriterCount, kLatencyBoundsUs.size() + 1> durations;
    SingleWriterCount ns;
    Bytes sent;
    Bytes received;
  };
  struct OfMethod {
    SingleWriterCount started;
    std::array<std::atomic<OfStatus*>, kStatuses> ended{};  // made by the first call that ends so
    OfMethod() = default;
    ~OfMethod();
  };

  std::vector<OfMethod> methods_;
};

}  // namespace parlance::detail
