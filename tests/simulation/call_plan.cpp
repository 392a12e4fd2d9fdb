#include "call_plan.h"

#include <algorithm>
#include <numeric>

#include "base/concat.h"

namespace parlance::simulation {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostMessages = 20;
constexpr milliseconds kLongestPause{30};
// Of the runtime's default policy.
constexpr int kMostAttempts = 4;

std::byte byte_of(std::uint64_t number, Direction direction, std::size_t message, std::size_t place) {
  const std::uint64_t mixed = number * 31 + message * 7 + place * 13 + (place >> 8U) * 5 +
                              (direction == Direction::kRequest ? 0 : 101);
  return static_cast<std::byte>(mixed);
}

std::vector<std::size_t> random_sizes(Simulation& simulation, std::size_t count, std::size_t most_bytes) {
  std::vector<std::size_t> sizes(count);
  for (std::size_t& size : sizes)
    size = simulation.chance(0.05) ? 0 : simulation.size_between(1, most_bytes / count + 1);
  return sizes;
}

const std::vector<std::size_t>& sizes_of(const CallPlan& plan, Direction direction) {
  return direction == Direction::kRequest ? plan.requests_bytes : plan.responses_bytes;
}

}  // namespace

std::string_view to_string(CallKind kind) {
  switch (kind) {
    case CallKind::kUnary:
      return "unary";
    case CallKind::kUpload:
      return "upload";
    case CallKind::kDownload:
      return "download";
    case CallKind::kChat:
      break;
  }
  return "chat";
}

CallRecord& CallBook::begin(CallPlan plan) {
  const std::uint64_t number = records_.size() + 1;
  CallRecord& record = records_[number];
  record.number = number;
  record.plan = std::move(plan);
  record.stepped_before = simulation_.stepped();
  if (record.plan.timeout > Duration::zero()) {
    record.deadline = Deadline::after(simulation_.now(), record.plan.timeout);
  }
  simulation_.note(concat("call ", number, " begins: ", to_string(record.plan.kind)));
  return record;
}

void CallBook::end(CallRecord& record, Status status) {
  simulation_.note(concat("call ", record.number, " ends: ", status.to_string()));
  if (record.ends++ == 0) ++ended_;
  record.status = std::move(status);
  record.ended_at = simulation_.now();
  if (record.ends > 1) simulation_.violated(concat("call ", record.number, " ended more than once"));
  // A client that pauses hears of the end when it has read what came before.
  const Duration late = simulation_.stepped() - record.stepped_before +
                        record.plan.client_pause * (1 + record.plan.responses_bytes.size());
  if (!record.deadline.is_never() && record.ended_at > record.deadline.at() + late) {
    simulation_.violated(concat("call ", record.number, " ended after its deadline"));
  }
  if (record.status.ok() && record.responses_read != record.plan.responses_bytes.size()) {
    simulation_.violated(concat("call ", record.number, " is OK with ", record.responses_read,
                                " responses of ", record.plan.responses_bytes.size()));
  }
}

// One attempt more is never made of a call that has its answer, nor of one that has made all it may.
void CallBook::handler_begins(CallRecord& record, std::size_t server) {
  simulation_.note(concat("handler of call ", record.number, " begins at server ", server));
  ++record.handlers_running;
  record.server = server;
  if (++record.handlers_begun > kMostAttempts || (record.responses_read > 0 && !hedges_)) {
    simulation_.violated(concat("call ", record.number, " began once more, after ", record.responses_read,
                                " responses and ", record.handlers_begun - 1, " handlers"));
  }
}

void CallBook::handler_ended(CallRecord& record) {
  --record.handlers_running;
  if (record.ends > 0 && simulation_.now() - record.ended_at > cancellation_within_) {
    simulation_.violated(concat("the handler of call ", record.number, " ran on when its client had left"));
  }
}

int CallBook::handlers_running() const {
  return std::transform_reduce(records_.begin(), records_.end(), 0, std::plus{},
                               [](const auto& entry) { return entry.second.handlers_running; });
}

Buffer message_of(const CallRecord& record, Direction direction, std::size_t index, std::size_t size_bytes) {
  std::vector<std::byte> bytes(size_bytes);
  for (std::size_t i = 0; i < size_bytes; ++i) bytes[i] = byte_of(record.number, direction, index, i);
  return Buffer::copy_of(bytes);
}

void check_message(Simulation& simulation, const CallRecord& record, Direction direction, std::size_t index,
                   const Buffer& received) {
  const auto& sizes = sizes_of(record.plan, direction);
  const std::string name =
      concat("call ", record.number, direction == Direction::kRequest ? " request " : " response ", index);
  if (index >= sizes.size()) return simulation.violated(name + " was never sent");
  if (received.size() != sizes[index]) {
    return simulation.violated(concat(name, " has ", received.size(), " bytes of ", sizes[index]));
  }
  const Bytes bytes = received.bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != byte_of(record.number, direction, index, i)) {
      return simulation.violated(concat(name, " differs at byte ", i));
    }
  }
}

CallPlan random_plan(Simulation& simulation, std::size_t most_bytes) {
  CallPlan plan{.kind = static_cast<CallKind>(simulation.below(4))};
  const bool uploads = plan.kind == CallKind::kUpload || plan.kind == CallKind::kChat;
  const bool downloads = plan.kind == CallKind::kDownload || plan.kind == CallKind::kChat;
  const std::size_t requests = uploads ? simulation.below(kMostMessages) : 1;
  const std::size_t downloaded = plan.kind == CallKind::kChat ? requests : simulation.below(kMostMessages);
  const std::size_t responses = downloads ? downloaded : 1;
  plan.requests_bytes = random_sizes(simulation, requests, most_bytes);
  plan.responses_bytes = random_sizes(simulation, responses, most_bytes);
  if (simulation.chance(0.3)) plan.handler_pause = simulation.between({}, kLongestPause);
  if (simulation.chance(0.3)) plan.client_pause = simulation.between({}, kLongestPause);
  return plan;
}

}  // namespace parlance::simulation
