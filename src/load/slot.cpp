#include "load/slot.h"

#include <utility>

#include "load/worker.h"

namespace parlance::load {
namespace {

// After a call that failed before any server had it, so that a server that is away is not asked a million
// times a second.
constexpr Duration kPause = std::chrono::milliseconds{10};

CallOptions options_of(const Plan& plan) {
  return {.timeout = plan.timeout, .metadata = plan.metadata.empty() ? nullptr : &plan.metadata};
}

}  // namespace

Slot::Slot(Worker& worker, const Channel& channel)
    : worker_(worker), plan_(worker.plan()), channel_(channel), options_(options_of(worker.plan())) {}

void Slot::begin() {
  free_since_ = Clock::now();
  task_ = run();
  task_->start([](void* self) { static_cast<Slot*>(self)->worker_.on_slot_done(); }, this);
}

void Slot::grant(TimePoint at, std::size_t phase) {
  begin_ = at;
  phase_ = phase;
  granted_ = true;
}

void Slot::resume() { std::exchange(waiter_, nullptr).resume(); }

void Slot::cancel() {
  if (call_ == nullptr) return;
  cancelled_ = true;
  call_->cancel();
}

bool Slot::Start::await_ready() const {
  slot.granted_ = false;
  return slot.worker_.settle_next(slot);
}

void Slot::Start::await_suspend(std::coroutine_handle<> waiter) const {
  slot.waiter_ = waiter;
  slot.worker_.keep_waiting(slot);
}

void Slot::Pause::await_suspend(std::coroutine_handle<> waiter) const {
  slot.waiter_ = waiter;
  slot.worker_.loop().arm(slot, Clock::now() + kPause);
}

void Slot::Pause::await_resume() const { slot.free_since_ = Clock::now(); }

const FramedRequest& Slot::next_request() {
  const FramedRequest& request = worker_.request(next_request_++);
  if (next_request_ == plan_.requests.size()) next_request_ = 0;
  return request;
}

void Slot::on_first_response() { worker_.tally(phase_).first_response.record(Clock::now() - begin_); }

void Slot::on_answered() {
  if (unanswered_.empty()) return;  // no pipeline, or a server with more to say than it was asked
  worker_.tally(phase_).round_trip.record(Clock::now() - unanswered_.front());
  unanswered_.pop_front();
  if (writer_) std::exchange(writer_, nullptr).resume();
}

bool Slot::has_room() const {
  return reader_ended_ || plan_.pipeline == 0 || unanswered_.size() < plan_.pipeline;
}

bool Slot::on_ended(const Status& status, std::string_view peer) {
  call_ = nullptr;
  free_since_ = Clock::now();
  if (std::exchange(cancelled_, false)) {
    ++worker_.tally(phase_).unfinished;
    return false;
  }
  worker_.on_call_ended(phase_, free_since_ - begin_, status);
  return !status.ok() && peer.empty();
}

}  // namespace parlance::load
