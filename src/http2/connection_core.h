#pragma once

#include <optional>
#include <string>

#include "base/deadline.h"
#include "http2/abuse_limits.h"
#include "http2/connection.h"
#include "http2/receive_flow.h"
#include "http2/send_path.h"
#include "http2/settings_sync.h"
#include "http2/stream_set.h"

namespace parlance::http2 {

/// How far the connection is on its way to its end.
struct Ending {
  StreamId accepts_up_to = kMaxStreamId;       // the last id of our GOAWAY
  StreamId peer_accepts_up_to = kMaxStreamId;  // of the peer's
  bool announced = false;                      // our GOAWAY with 2^31−1 went out
  bool final_sent = false;                     // our GOAWAY with the last id went out
  bool peer_leaves = false;                    // a GOAWAY came
  bool dead = false;                           // nothing is received any more
  std::optional<ConnectionError> error;
};

/// The parts of a connection, for the handlers of the frames: DataIn, HeadersIn, ControlIn and Connection
/// itself.
struct ConnectionCore {
  ConnectionCore(Role connection_role, const Limits& connection_limits,
                 ConnectionObserver& connection_observer);

  const Role role;
  const Limits limits;
  ConnectionObserver& observer;
  TimePoint now{};
  Ending ending;
  AbuseLimits abuse;
  SettingsSync settings;
  StreamSet streams;
  SendPath send;
  ReceiveFlow receive;

  /// Ends an open stream with RST_STREAM and tells its observer.
  void reset(Stream& stream, ErrorCode code, std::string_view reason);
  /// RST_STREAM for an id that is not open.
  void refuse(StreamId id, ErrorCode code);
  /// Takes an open stream out and tells its observer.
  void end(Stream& stream, const StreamEnd& end);
  /// Ends all streams that are open.
  void end_all(const StreamEnd& end);
  /// What DATA or HEADERS on an id that is not open mean (RFC 9113 section 5.1).
  Outcome frame_on_gone_stream(StreamId id) const;
};

}  // namespace parlance::http2
