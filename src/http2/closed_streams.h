#pragma once

#include <cstdint>
#include <vector>

#include "http2/observer.h"
#include "http2/stream_id.h"

namespace parlance::http2 {

/// Remembers which of the streams that are gone were reset, and by whom: frames that were on their way when
/// we reset a stream are no fault of the peer, those on a stream that ended properly are (RFC 9113
/// section 5.1, "closed"). The last kRemembered resets are known exactly; every id up to the highest one that
/// was forgotten is given the benefit of the doubt.
class ClosedStreams {
 public:
  static constexpr std::size_t kRemembered = 64;

  void remember_reset(StreamId id, EndedBy by);
  /// Of a stream that was open once: kNobody when it ended with END_STREAM from both sides.
  EndedBy ended_by(StreamId id) const;

 private:
  struct Reset {
    StreamId id = 0;
    EndedBy by = EndedBy::kNobody;
  };

  std::vector<Reset> resets_;  // none, or kRemembered
  std::size_t next_ = 0;
  StreamId forgotten_up_to_ = 0;
};

}  // namespace parlance::http2
