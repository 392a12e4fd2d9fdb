#include "http2/send_window.h"

#include "base/assert.h"

namespace parlance::http2 {

void SendWindow::spend(std::uint32_t size_bytes) {
  require(size_bytes <= available_bytes(), "SendWindow::spend: more than the peer allows");
  value_ -= size_bytes;
}

bool SendWindow::adjust(std::int64_t delta_bytes) {
  if (value_ + delta_bytes > static_cast<std::int64_t>(kMaxWindowBytes)) return false;
  value_ += delta_bytes;
  return true;
}

}  // namespace parlance::http2
