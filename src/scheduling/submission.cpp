#include "scheduling/submission.h"

#include <algorithm>

#include "scheduling/errors.h"
#include "scheduling/version_queue.h"

namespace parlance::scheduling {

Submission::Submission(ServerCall& call, std::span<QueuedRequest> requests)
    : Asker(call.loop()), call_(call), requests_(requests) {
  for (QueuedRequest& request : requests_) request.asker = this;
}

Submission::~Submission() {
  if (armed()) call_.loop().disarm(*this);
}

bool Submission::await_suspend(std::coroutine_handle<> waiting) {
  submit();
  if (failed_ != nullptr || call_.cancelled()) leave_all();
  if (left_ == 0) return false;
  waiter_ = detail::Waiter{waiting};
  if (!call_.cancelled()) call_.on_cancelled(*this);
  arm();
  return true;
}

/// Requests of one version that stand side by side go in together. After one that is refused none goes in.
void Submission::submit() {
  for (auto first = requests_.begin(); first != requests_.end() && failed_ == nullptr;) {
    VersionQueue* queue = first->queue;
    const auto end =
        std::find_if(first, requests_.end(), [queue](const auto& each) { return each.queue != queue; });
    const std::size_t entered = queue->submit({first, end});
    left_ += entered;
    first += static_cast<std::ptrdiff_t>(entered);
    if (first != end) failed_ = &*first;
  }
}

void Submission::leave(QueuedRequest& request, Outcome outcome, const Status& status) {
  if (!request.queue->leave(request, outcome, status)) return;
  --left_;
  if (failed_ == nullptr) failed_ = &request;
}

void Submission::leave_all() {
  const TimePoint now = Clock::now();
  for (QueuedRequest& request : requests_) {
    if (request.deadline.expired(now))
      leave(request, Outcome::kExpired, deadline_passed(kBeforeRun));
    else
      leave(request, Outcome::kCancelled, caller_left());
  }
}

void Submission::resume_when_done() {
  if (left_ > 0) return;
  stop_listening();
  waiter_.resume();
}

void Submission::on_cancelled() {
  leave_all();
  resume_when_done();
}

void Submission::on_timer() {
  const TimePoint now = Clock::now();
  for (QueuedRequest& request : requests_) {
    if (request.deadline.expired(now)) leave(request, Outcome::kExpired, deadline_passed(kBeforeRun));
  }
  if (failed_ != nullptr) leave_all();
  arm();
  resume_when_done();
}

/// For the next deadline that is still to come.
void Submission::arm() {
  const TimePoint now = Clock::now();
  Deadline next;
  for (const QueuedRequest& request : requests_) {
    if (!request.deadline.expired(now)) next = earliest(next, request.deadline);
  }
  if (!next.is_never()) call_.loop().arm(*this, next.at());
}

void Submission::answered(QueuedRequest& request) {
  --left_;
  if (!*request.result && failed_ == nullptr) {
    failed_ = &request;
    leave_all();
  }
  resume_when_done();
}

}  // namespace parlance::scheduling
