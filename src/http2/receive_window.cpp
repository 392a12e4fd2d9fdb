#include "http2/receive_window.h"

namespace parlance::http2 {

void ReceiveWindow::grow(std::uint32_t delta_bytes) {
  size_ += delta_bytes;
  unannounced_ += delta_bytes;
}

void ReceiveWindow::adjust_announced(std::int64_t delta_bytes) {
  size_ += delta_bytes;
  available_ += delta_bytes;
}

}  // namespace parlance::http2
