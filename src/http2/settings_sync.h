#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "http2/limits.h"
#include "http2/settings.h"

namespace parlance::http2 {

/// Both sides' settings and what the peer has acknowledged of ours (RFC 9113 section 6.5.3).
///
/// A limit of ours that we raise holds as soon as it is sent, since the peer may use it from then on; one
/// that we lower holds from the acknowledgement, since until then the peer need not know.
class SettingsSync {
 public:
  /// `limits` must outlive this.
  SettingsSync(Role role, const Limits& limits);

  /// Our first SETTINGS: what differs from the defaults. To be sent once, before anything else.
  std::vector<Setting> announce();
  /// A later frame with this one setting. At most the peer's acknowledgement may be outstanding when it is
  /// called (awaits_ack() false).
  Setting raise_initial_window(std::uint32_t window_bytes);
  bool awaits_ack() const { return !unacknowledged_.empty(); }

  /// What an acknowledgement brings into force beyond what held already.
  struct Acknowledged {
    std::uint32_t header_table_bytes;
    std::int64_t stream_window_delta_bytes;  // for every open stream; never above 0
  };
  /// An acknowledgement of nothing is an error of the connection.
  std::expected<Acknowledged, Fault> acknowledged();

  /// The receive window of a stream that opens now.
  std::uint32_t stream_window_bytes() const { return ours_.initial_window_bytes; }
  std::uint32_t max_concurrent_streams() const { return limits_.max_concurrent_streams; }

  /// One setting of a SETTINGS frame of the peer, in the order of the frame.
  Outcome apply(Setting setting) { return theirs_.apply(setting, peer_role_); }
  /// After all settings of a frame.
  void received() { received_ = true; }
  /// Whether the peer's first SETTINGS have come.
  bool has_received() const { return received_; }
  const Settings& theirs() const { return theirs_; }
  /// How many streams we may open: what the peer says; until it has spoken, kAssumedStreams.
  std::uint32_t peer_max_concurrent_streams() const {
    return received_ ? theirs_.max_concurrent_streams : kAssumedStreams;
  }

 private:
  /// RFC 9113 section 6.5.2 recommends that nobody allows fewer than 100.
  static constexpr std::uint32_t kAssumedStreams = 100;

  Role peer_role_;
  bool received_ = false;
  const Limits& limits_;
  Settings ours_;  // in force, see above
  Settings theirs_;
  std::deque<Settings> unacknowledged_;  // each as it will be once acknowledged
};

}  // namespace parlance::http2
