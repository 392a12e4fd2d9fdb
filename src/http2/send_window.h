#pragma once

#include <cstdint>

#include "base/assert.h"
#include "http2/frame.h"

namespace parlance::http2 {

inline constexpr std::uint32_t kDefaultWindowBytes = 65535;       // RFC 9113 section 6.9.2
inline constexpr std::uint32_t kMaxWindowBytes = (1U << 31) - 1;  // section 6.9.1

/// How much this side may still send, on a stream or on the connection (RFC 9113 section 6.9).
///
/// It can be negative. The peer allowed 65,535 bytes, 60,000 were sent: 5,535 are left. Then it changes
/// SETTINGS_INITIAL_WINDOW_SIZE to 16,384, which moves every stream by 16,384 − 65,535 = −49,151: the window
/// is now −43,616, and nothing may be sent until WINDOW_UPDATEs have brought it above zero (section 6.9.2).
class SendWindow {
 public:
  explicit SendWindow(std::uint32_t initial_bytes) : value_(initial_bytes) {}

  /// Bytes that may be sent now; 0 while the window is negative.
  std::uint32_t available_bytes() const { return value_ > 0 ? static_cast<std::uint32_t>(value_) : 0; }
  std::int64_t value() const { return value_; }

  /// At most available_bytes() (checked).
  void spend(std::uint32_t size_bytes) {
    require(size_bytes <= available_bytes(), "SendWindow::spend: more than the peer allows");
    value_ -= size_bytes;
  }

  /// A WINDOW_UPDATE (delta above 0) or a change of SETTINGS_INITIAL_WINDOW_SIZE (any sign). False when the
  /// window would pass 2^31−1, which is a FLOW_CONTROL_ERROR (sections 6.9.1 and 6.9.2); it is then left as
  /// it was.
  [[nodiscard]] bool adjust(std::int64_t delta_bytes);

 private:
  std::int64_t value_;
};

}  // namespace parlance::http2
