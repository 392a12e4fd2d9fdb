#include "interceptors/admission_queue.h"

#include <algorithm>
#include <utility>

namespace parlance::interceptors {
namespace {

// How much of the average the latest wait makes up: about the last eight count.
constexpr int kWeight = 8;
// Calls shed one after the other are spread over this many steps.
constexpr unsigned kSpread = 8;

}  // namespace

AdmissionQueue::Decision AdmissionQueue::enter(Ticket& ticket, bool is_retry, TimePoint now) {
  if (running_ < max_running_) {
    ++running_;
    return Decision::kRun;
  }
  if (waiting_ >= (is_retry ? max_waiting_ / 2 : max_waiting_)) return Decision::kShed;
  ticket.since_ = now;
  ticket.next_ = &ends_;
  ticket.previous_ = ends_.previous_;
  ends_.previous_->next_ = &ticket;
  ends_.previous_ = &ticket;
  ++waiting_;
  return Decision::kWait;
}

AdmissionQueue::Ticket* AdmissionQueue::leave(TimePoint now) {
  if (waiting_ == 0) {
    --running_;
    return nullptr;
  }
  Ticket& first = *ends_.next_;
  unlink(first);
  average_wait_ += (std::max(now - first.since_, Duration::zero()) - average_wait_) / kWeight;
  return &first;
}

void AdmissionQueue::drop(Ticket& ticket) {
  if (ticket.waits()) unlink(ticket);
}

void AdmissionQueue::unlink(Ticket& ticket) {
  ticket.next_->previous_ = ticket.previous_;
  ticket.previous_->next_ = ticket.next_;
  ticket.next_ = ticket.previous_ = nullptr;
  --waiting_;
}

Duration AdmissionQueue::pushback(TimePoint now) {
  const Duration oldest = waiting_ == 0 ? Duration::zero() : now - ends_.next_->since_;
  const Duration wait = std::clamp(std::max(average_wait_, oldest), kSoonest, kLatest);
  return wait + wait * (shed_++ % kSpread) / kSpread;
}

}  // namespace parlance::interceptors
