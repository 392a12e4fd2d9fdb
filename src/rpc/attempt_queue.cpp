#include "rpc/attempt_queue.h"

#include <utility>

#include "rpc/client_stream.h"

namespace parlance::detail {

void AttemptQueue::push(ClientStream& attempt) {
  attempt.queue_ = this;
  attempt.previous_ = last_;
  attempt.next_ = nullptr;
  (last_ == nullptr ? first_ : last_->next_) = &attempt;
  last_ = &attempt;
  ++size_;
}

ClientStream* AttemptQueue::pop() {
  ClientStream* attempt = first_;
  if (attempt != nullptr) remove(*attempt);
  return attempt;
}

void AttemptQueue::remove(ClientStream& attempt) {
  (attempt.previous_ == nullptr ? first_ : attempt.previous_->next_) = attempt.next_;
  (attempt.next_ == nullptr ? last_ : attempt.next_->previous_) = attempt.previous_;
  attempt.queue_ = nullptr;
  attempt.next_ = attempt.previous_ = nullptr;
  --size_;
}

void AttemptQueue::take_all(AttemptQueue& other) {
  while (ClientStream* attempt = other.pop()) push(*attempt);
}

}  // namespace parlance::detail
