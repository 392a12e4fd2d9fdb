#include "http2/settings_sync.h"

#include <algorithm>

namespace parlance::http2 {

SettingsSync::SettingsSync(Role role, const Limits& limits)
    : peer_role_(role == Role::kClient ? Role::kServer : Role::kClient), limits_(limits) {}

std::vector<Setting> SettingsSync::announce() {
  Settings ours;
  std::vector<Setting> said;
  const auto say = [&](SettingId id, std::uint32_t& field, std::uint32_t value) {
    if (field != value) said.push_back({id, value});
    field = value;
  };
  if (peer_role_ == Role::kServer) {
    said.push_back({SettingId::kEnablePush, 0});
  } else {
    say(SettingId::kMaxConcurrentStreams, ours.max_concurrent_streams, limits_.max_concurrent_streams);
  }
  say(SettingId::kHeaderTableSize, ours.header_table_bytes, limits_.header_table_bytes);
  say(SettingId::kInitialWindowSize, ours.initial_window_bytes,
      std::min(limits_.initial_stream_window_bytes, kMaxWindowBytes));
  say(SettingId::kMaxFrameSize, ours.max_frame_bytes,
      std::clamp(limits_.max_frame_bytes, kMinMaxFrameBytes, kMaxMaxFrameBytes));
  say(SettingId::kMaxHeaderListSize, ours.max_header_list_bytes, limits_.max_header_list_bytes);
  ours_.initial_window_bytes = std::max(ours_.initial_window_bytes, ours.initial_window_bytes);
  unacknowledged_.push_back(ours);
  return said;
}

Setting SettingsSync::raise_initial_window(std::uint32_t window_bytes) {
  ours_.initial_window_bytes = window_bytes;
  unacknowledged_.push_back(ours_);
  return {SettingId::kInitialWindowSize, window_bytes};
}

std::expected<SettingsSync::Acknowledged, Fault> SettingsSync::acknowledged() {
  if (unacknowledged_.empty()) {
    return connection_fault(ErrorCode::kProtocolError,
                            "SETTINGS acknowledged that were never sent (RFC 9113 section 6.5.3)");
  }
  const std::int64_t before = ours_.initial_window_bytes;
  ours_ = unacknowledged_.front();
  unacknowledged_.pop_front();
  return Acknowledged{ours_.header_table_bytes, ours_.initial_window_bytes - before};
}

}  // namespace parlance::http2
