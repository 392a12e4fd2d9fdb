#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/deadline.h"
#include "base/status.h"
#include "simulation.h"

namespace parlance::simulation {

enum class CallKind : std::uint8_t { kUnary, kUpload, kDownload, kChat };

std::string_view to_string(CallKind kind);

/// What one call shall do; both ends look it up by its number, which travels as metadata.
struct CallPlan {
  CallKind kind = CallKind::kUnary;
  /// Sizes of the messages; a chat answers each request.
  std::vector<std::size_t> requests_bytes = {};
  std::vector<std::size_t> responses_bytes = {};
  /// Before each message the handler reads or writes, and before each the client reads.
  Duration handler_pause{};
  Duration client_pause{};
  /// Zero: none.
  Duration timeout{};
  Duration cancel_after{};
  bool wait_for_ready = false;
  /// So many handlers answer UNAVAILABLE before one does the rest.
  int failures = 0;
};

/// What became of it, at both ends.
struct CallRecord {
  std::uint64_t number = 0;
  CallPlan plan;
  Duration stepped_before{};
  Deadline deadline;
  int ends = 0;
  Status status;
  TimePoint ended_at;
  std::size_t responses_read = 0;
  int handlers_begun = 0;
  int handlers_running = 0;
  /// Which server's handler began last.
  std::size_t server = 0;
};

/// The calls of a simulation. Records stay where they are.
class CallBook {
 public:
  explicit CallBook(Simulation& simulation) : simulation_(simulation) {}

  CallRecord& begin(CallPlan plan);
  /// What the client was told; checks what must hold of every call.
  void end(CallRecord& record, Status status);
  CallRecord& find(std::uint64_t number) { return records_.at(number); }
  const std::map<std::uint64_t, CallRecord>& records() const { return records_; }
  bool all_ended() const { return ended_ == records_.size(); }
  int handlers_running() const;
  Simulation& simulation() { return simulation_; }

  /// From now on a handler that runs for longer than this after its client has left is a violation.
  void expect_cancellation_within(Duration time) { cancellation_within_ = time; }
  /// Attempts of one call may run at once (hedging): one may begin when another was answered.
  void allow_hedges() { hedges_ = true; }
  /// At the server of that number.
  void handler_begins(CallRecord& record, std::size_t server);
  void handler_ended(CallRecord& record);

 private:
  Simulation& simulation_;
  std::map<std::uint64_t, CallRecord> records_;
  std::size_t ended_ = 0;
  bool hedges_ = false;
  Duration cancellation_within_ = Duration::max();
};

enum class Direction : std::uint8_t { kRequest, kResponse };

/// The message that belongs at this place, of `size_bytes`, recognisable at every byte.
Buffer message_of(const CallRecord& record, Direction direction, std::size_t index, std::size_t size_bytes);
/// A violation unless `received` is that very message.
void check_message(Simulation& simulation, const CallRecord& record, Direction direction, std::size_t index,
                   const Buffer& received);

/// A plan of any kind, up to `most_bytes` of messages each way.
CallPlan random_plan(Simulation& simulation, std::size_t most_bytes);

}  // namespace parlance::simulation
