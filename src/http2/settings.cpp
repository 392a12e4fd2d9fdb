#include "http2/settings.h"

namespace parlance::http2 {
namespace {

// A server never accepts pushes, so it may not send 1; a client may, and nothing comes of it.
Outcome check_enable_push(std::uint32_t value, Role sender) {
  if (value == 0 || (value == 1 && sender == Role::kClient)) return {};
  return connection_fault(ErrorCode::kProtocolError, "SETTINGS_ENABLE_PUSH (RFC 9113 section 6.5.2)");
}

}  // namespace

Outcome Settings::apply(Setting setting, Role sender) {
  const std::uint32_t value = setting.value;
  switch (setting.id) {
    case SettingId::kHeaderTableSize:
      header_table_bytes = value;
      break;
    case SettingId::kEnablePush:
      return check_enable_push(value, sender);
    case SettingId::kMaxConcurrentStreams:
      max_concurrent_streams = value;
      break;
    case SettingId::kInitialWindowSize:
      if (value > kMaxWindowBytes) {
        return connection_fault(ErrorCode::kFlowControlError,
                                "SETTINGS_INITIAL_WINDOW_SIZE above 2^31-1 (RFC 9113 section 6.5.2)");
      }
      initial_window_bytes = value;
      break;
    case SettingId::kMaxFrameSize:
      if (value < kMinMaxFrameBytes || value > kMaxMaxFrameBytes) {
        return connection_fault(ErrorCode::kProtocolError,
                                "SETTINGS_MAX_FRAME_SIZE out of range (RFC 9113 section 6.5.2)");
      }
      max_frame_bytes = value;
      break;
    case SettingId::kMaxHeaderListSize:
      max_header_list_bytes = value;
      break;
  }
  return {};
}

}  // namespace parlance::http2
