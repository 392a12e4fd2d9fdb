#include "http2/receive_window.h"

#include <utility>

#include "base/assert.h"

namespace parlance::http2 {

bool ReceiveWindow::take(std::uint32_t size_bytes) {
  if (size_bytes > available_) return size_bytes == 0;
  available_ -= size_bytes;
  return true;
}

void ReceiveWindow::give_back(std::uint32_t size_bytes) {
  require(size_bytes <= held_bytes(), "ReceiveWindow::give_back: more than was received");
  unannounced_ += size_bytes;
}

std::uint32_t ReceiveWindow::take_update() {
  if (unannounced_ == 0 || unannounced_ < size_ / 2) return 0;
  available_ += unannounced_;
  return static_cast<std::uint32_t>(std::exchange(unannounced_, 0));
}

void ReceiveWindow::grow(std::uint32_t delta_bytes) {
  size_ += delta_bytes;
  unannounced_ += delta_bytes;
}

void ReceiveWindow::adjust_announced(std::int64_t delta_bytes) {
  size_ += delta_bytes;
  available_ += delta_bytes;
}

}  // namespace parlance::http2
