#include "edge/replayed_stream.h"

#include <algorithm>
#include <cstring>

namespace parlance::edge {

// Nothing comes of the stream below that would tell of what was read before.
void ReplayedStream::watch_readable(Observer& observer) {
  if (received_.empty()) return below_->watch_readable(observer);
  observer_ = &observer;
  loop_.arm(*this, loop_.now());
}

net::IoResult ReplayedStream::read(MutableBytes into) {
  if (received_.empty()) return below_->read(into);
  const std::size_t size_bytes = std::min(into.size(), received_.size());
  std::memcpy(into.data(), received_.data(), size_bytes);
  received_.erase(0, size_bytes);
  if (received_.empty()) received_.shrink_to_fit();
  return {.size_bytes = size_bytes};
}

void ReplayedStream::close() {
  loop_.disarm(*this);
  below_->close();
}

}  // namespace parlance::edge
