#pragma once

#include <cstdint>

#include "http2/fault.h"
#include "http2/frame.h"
#include "http2/role.h"
#include "http2/send_window.h"

namespace parlance::http2 {

/// RFC 9113 section 6.5.2. Other identifiers are ignored.
enum class SettingId : std::uint16_t {
  kHeaderTableSize = 0x1,
  kEnablePush = 0x2,
  kMaxConcurrentStreams = 0x3,
  kInitialWindowSize = 0x4,
  kMaxFrameSize = 0x5,
  kMaxHeaderListSize = 0x6,
};

inline constexpr std::size_t kSettingBytes = 6;

struct Setting {
  SettingId id;
  std::uint32_t value;
  bool operator==(const Setting&) const = default;
};

/// What one side allows the other; begins with what holds before anything was said.
struct Settings {
  static constexpr std::uint32_t kUnlimited = UINT32_MAX;

  std::uint32_t header_table_bytes = 4096;
  std::uint32_t max_concurrent_streams = kUnlimited;
  std::uint32_t initial_window_bytes = kDefaultWindowBytes;
  std::uint32_t max_frame_bytes = kMinMaxFrameBytes;
  std::uint32_t max_header_list_bytes = kUnlimited;

  /// Takes over a setting sent by a peer in role `sender`; a value out of range is an error of the
  /// connection. Unknown settings are ignored.
  Outcome apply(Setting setting, Role sender);

  bool operator==(const Settings&) const = default;
};

}  // namespace parlance::http2
