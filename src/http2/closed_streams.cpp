#include "http2/closed_streams.h"

#include <algorithm>

namespace parlance::http2 {

void ClosedStreams::remember_reset(StreamId id, EndedBy by) {
  if (resets_.empty()) resets_.resize(kRemembered);
  forgotten_up_to_ = std::max(forgotten_up_to_, resets_[next_].id);
  resets_[next_] = {id, by};
  next_ = (next_ + 1) % kRemembered;
}

EndedBy ClosedStreams::ended_by(StreamId id) const {
  const auto found = std::ranges::find(resets_, id, &Reset::id);
  if (found != resets_.end()) return found->by;
  return id <= forgotten_up_to_ ? EndedBy::kLocal : EndedBy::kNobody;
}

}  // namespace parlance::http2
