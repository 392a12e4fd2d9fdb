#include "load/worker.h"

#include <ctime>
#include <utility>

#include "rpc/client_call.h"

namespace parlance::load {
namespace {

Duration thread_cpu() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

// What share `index` of `shares` has of `total`.
std::uint64_t share_of(std::uint64_t total, unsigned index, unsigned shares) {
  return total / shares + (index < total % shares ? 1 : 0);
}

// Why a channel has no connection is told to a call only.
Task<Status> ask_why(const Channel& channel, const Plan& plan, const FramedRequest& request) {
  const CallOptions options{.timeout = std::chrono::seconds{1}};
  UnaryCall<ReceivedSize> call{channel, plan.path, request, options};
  const Result<ReceivedSize> response = co_await call;
  const bool connected = response || !call.peer().empty();
  co_return connected ? Status{} : response.error();
}

Task<Status> connected(const Channel& channel, Deadline deadline, const Plan& plan,
                       const FramedRequest& request) {
  Connectivity state = co_await channel.state();
  while (state != Connectivity::kReady && state != Connectivity::kTransientFailure &&
         !deadline.expired(Clock::now())) {
    state = co_await channel.state_other_than(state, deadline);
  }
  if (state == Connectivity::kReady) co_return Status{};
  co_return co_await ask_why(channel, plan, request);
}

}  // namespace

Worker::Worker(const Plan& plan, net::Loop& loop, unsigned index)
    : plan_(plan), loop_(loop), index_(index), requests_(plan.requests.begin(), plan.requests.end()) {
  if (plan.warm_up > Duration::zero()) phases_.push_back({plan.steps.front().per_second, plan.warm_up});
  phases_.insert(phases_.end(), plan.steps.begin(), plan.steps.end());
  tallies_.resize(phases_.size());
  lengths_.resize(phases_.size());
  calls_left_ = share_of(plan.calls, index, plan.threads);
  const std::uint64_t connections = share_of(plan.connections, index, plan.threads);
  for (std::uint64_t i = 0; i < connections; ++i) {
    channels_.push_back(std::make_unique<Channel>(Channel::open(plan.target, plan.channel)));
  }
  // Neighbours are on different connections, so that a few calls under way are spread over all of them.
  for (unsigned i = 0; i < plan.streams; ++i) {
    for (const auto& channel : channels_) slots_.push_back(std::make_unique<Slot>(*this, *channel));
  }
}

Worker::~Worker() = default;

Task<Status> Worker::connect(Deadline deadline) {
  for (const auto& channel : channels_) {
    const Deadline at_once{Clock::now()};
    (void)co_await channel->wait_until_ready(at_once);  // which begins to connect
  }
  Status status;
  for (const auto& channel : channels_) {
    status = co_await connected(*channel, deadline, plan_, requests_.front());
    if (!status.ok()) break;
  }
  co_return status;
}

void Worker::begin(net::Loop::Job on_done) {
  on_done_ = std::move(on_done);
  running_ = slots_.size();
  enter(0, Clock::now());
  for (const auto& slot : slots_) slot->begin();
}

void Worker::enter(std::size_t phase, TimePoint at) {
  phase_ = phase;
  entered_at_ = at;
  cpu_at_entry_ = thread_cpu();
  const Step& step = phases_[phase];
  if (!counts_calls()) loop_.arm(phase_timer_, at + step.length);
  if (!is_open_loop()) return;
  const std::uint64_t total = counts_calls() ? plan_.calls : Arrivals::within(step.length, step.per_second);
  arrivals_ = Arrivals{at, step.per_second, total, index_, plan_.threads};
  arm_arrival();
}

// Calls that were due and could not be sent have waited at least until now.
void Worker::leave(TimePoint at) {
  current().cpu += thread_cpu() - cpu_at_entry_;
  lengths_[phase_] = at - entered_at_;
  while (arrivals_.due(at)) {
    ++current().not_sent;
    current().latency.record(at - arrivals_.take());
  }
  arrivals_ = Arrivals{};
}

void Worker::on_phase_end() {
  if (ending_) return cancel_all();
  const TimePoint at = entered_at_ + phases_[phase_].length;
  if (is_last_phase()) return finish(at);
  leave(at);
  enter(phase_ + 1, at);
}

void Worker::finish(TimePoint at) {
  leave(at);
  ending_ = true;
  loop_.disarm(arrival_timer_);
  loop_.arm(phase_timer_, Clock::now() + plan_.grace);
  wake_all();
}

void Worker::stop() {
  if (running_ == 0) return;
  if (!ending_) finish(Clock::now());
  cancel_all();
}

void Worker::cancel_all() {
  for (const auto& slot : slots_) slot->cancel();
}

bool Worker::no_more_calls() const {
  if (ending_) return true;
  if (!counts_calls()) return false;
  return is_open_loop() ? arrivals_.left() == 0 : calls_left_ == 0;
}

bool Worker::settle_next(Slot& slot) {
  if (no_more_calls()) return true;
  if (!is_open_loop()) {
    if (counts_calls()) --calls_left_;
    slot.grant(slot.free_since(), phase_);
    return true;
  }
  if (!arrivals_.due(slot.free_since())) return false;
  if (waiting_.empty()) ++current().waited;
  slot.grant(arrivals_.take(), phase_);
  if (no_more_calls()) wake_all();
  return true;
}

void Worker::keep_waiting(Slot& slot) {
  waiting_.push_back(&slot);
  arm_arrival();
}

void Worker::arm_arrival() {
  if (waiting_.empty() || arrivals_.left() == 0) return loop_.disarm(arrival_timer_);
  if (!arrival_timer_.armed() || arrival_timer_.at() != arrivals_.next())
    loop_.arm(arrival_timer_, arrivals_.next());
}

void Worker::on_arrival() {
  const TimePoint now = Clock::now();
  while (!waiting_.empty() && arrivals_.due(now)) {
    Slot& slot = *waiting_.front();
    waiting_.pop_front();
    slot.grant(arrivals_.take(), phase_);
    slot.resume();
  }
  if (no_more_calls()) return wake_all();
  arm_arrival();
}

void Worker::wake_all() {
  for (Slot* slot : std::exchange(waiting_, {})) slot->resume();
}

void Worker::on_call_ended(std::size_t phase, Duration latency, const Status& status) {
  Tally& begun_in = tallies_[phase];
  begun_in.latency.record(latency);
  begun_in.count(status);
  if (!ending_) ++current().finished;
  recent_.record(latency);
  ++ended_;
  if (!status.ok()) ++failed_;
}

void Worker::on_sent(std::size_t size_bytes) {
  if (ending_) return;
  ++current().messages_sent;
  current().bytes_sent += size_bytes;
}

void Worker::on_received(std::size_t size_bytes) {
  if (ending_) return;
  ++current().messages_received;
  current().bytes_received += size_bytes;
}

void Worker::on_slot_done() {
  if (--running_ > 0) return;
  if (!ending_) leave(Clock::now());
  ending_ = true;
  loop_.disarm(phase_timer_);
  loop_.disarm(arrival_timer_);
  on_done_();
}

Snapshot Worker::snapshot() {
  Snapshot snapshot{.phase = phase_, .recent = recent_, .ended = ended_, .failed = failed_};
  for (const Tally& tally : tallies_) snapshot.messages_received += tally.messages_received;
  recent_.clear();
  return snapshot;
}

}  // namespace parlance::load
