#include "http2/stream.h"

namespace parlance::http2 {

void StreamList::push_back(Stream& stream) {
  stream.previous = last_;
  stream.next = nullptr;
  (last_ == nullptr ? first_ : last_->next) = &stream;
  last_ = &stream;
}

void StreamList::remove(Stream& stream) {
  (stream.previous == nullptr ? first_ : stream.previous->next) = stream.next;
  (stream.next == nullptr ? last_ : stream.next->previous) = stream.previous;
  stream.next = stream.previous = nullptr;
}

Stream* StreamList::pop_front() {
  Stream* stream = first_;
  if (stream != nullptr) remove(*stream);
  return stream;
}

}  // namespace parlance::http2
