#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/status.h"
#include "generation/replay_buffer.h"
#include "rpc/server_call.h"
#include "scheduling/alarms.h"
#include "text/resumable_stream.h"

namespace parlance::text {

struct ResumableLimits {
  /// Events of one stream that are kept.
  generation::ReplayLimits replay = {};
  /// How long a stream waits for its client to come back: a phone in a tunnel does, who was closed does not.
  Duration grace = std::chrono::seconds{30};
  /// Streams that are kept, also those that have ended and may be asked for again. One more is not resumable.
  std::size_t max_streams = 1024;
};

/// Who may go on with a stream that `call` begins: the subject that its call has proved, else empty (whoever
/// has the token).
std::string owner_of(const ServerCall& call);

/// The streams that can be resumed. Thread-safe.
class ResumableStreams {
 public:
  explicit ResumableStreams(ResumableLimits limits = {}) : limits_(limits) {}
  ~ResumableStreams();
  ResumableStreams(const ResumableStreams&) = delete;
  ResumableStreams& operator=(const ResumableStreams&) = delete;

  /// A stream with a token that cannot be guessed (128 random bits), on this loop. Null: as many as may be
  /// are kept, or the server stops.
  std::shared_ptr<ResumableStream> open(std::string owner, std::string request_id, EncodePiece encode);
  /// NOT_FOUND, RESUME_TOKEN_UNKNOWN: there is none of that token, not any more, or not for `owner`.
  Result<std::shared_ptr<ResumableStream>> find(std::string_view token, std::string_view owner) const;
  std::size_t size() const;

  /// The server stops: those that nobody reads end now, the others when their reader leaves.
  void stop();
  bool is_stopping() const;

 private:
  friend class ResumableStream;
  friend class ResumableReader;
  void forget(const std::string& token);

  const ResumableLimits limits_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<ResumableStream>, std::less<>> streams_;  // guarded by mutex_
  bool is_stopping_ = false;                                                      // guarded by mutex_
  scheduling::Alarms alarms_;
};

/// CANCELLED: the grace of a stream is over.
Status nobody_came_back();

}  // namespace parlance::text
