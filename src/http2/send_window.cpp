#include "http2/send_window.h"

namespace parlance::http2 {

bool SendWindow::adjust(std::int64_t delta_bytes) {
  if (value_ + delta_bytes > static_cast<std::int64_t>(kMaxWindowBytes)) return false;
  value_ += delta_bytes;
  return true;
}

}  // namespace parlance::http2
