#pragma once

#include <cstdint>
#include <utility>

#include "base/assert.h"
#include "http2/send_window.h"

namespace parlance::http2 {

/// How much the peer may still send, on a stream or on the connection, and when to tell it that it may send
/// more (RFC 9113 section 6.9).
///
/// Of `size_bytes()` at most, some are announced to the peer (`available`), some hold data that nobody has
/// taken yet (`held_bytes()`), and the rest is free but not announced. A WINDOW_UPDATE is due as soon as that
/// rest is half of the size: one small frame for every half window, and never a sender that runs dry while
/// the reader keeps up.
class ReceiveWindow {
 public:
  explicit ReceiveWindow(std::uint32_t size_bytes) : size_(size_bytes), available_(size_bytes) {}

  /// Data (with padding) came. False when the peer sent more than it was allowed, which is a
  /// FLOW_CONTROL_ERROR.
  [[nodiscard]] bool take(std::uint32_t size_bytes) {
    if (size_bytes > available_) return size_bytes == 0;
    available_ -= size_bytes;
    return true;
  }
  /// The reader has taken this much of what came; at most held_bytes() (checked).
  void give_back(std::uint32_t size_bytes) {
    require(size_bytes <= held_bytes(), "ReceiveWindow::give_back: more than was received");
    unannounced_ += size_bytes;
  }
  /// The increment of the WINDOW_UPDATE that is due, which is now taken as announced; 0 when none is due.
  std::uint32_t take_update() {
    if (unannounced_ == 0 || unannounced_ < size_ / 2) return 0;
    available_ += unannounced_;
    return static_cast<std::uint32_t>(std::exchange(unannounced_, 0));
  }

  /// The window gets larger by `delta_bytes`, which the peer is told by the next WINDOW_UPDATE.
  void grow(std::uint32_t delta_bytes);
  /// The peer knows of the change already, from SETTINGS_INITIAL_WINDOW_SIZE; may make the window negative.
  void adjust_announced(std::int64_t delta_bytes);

  std::int64_t size_bytes() const { return size_; }
  std::int64_t available_bytes() const { return available_; }
  std::int64_t held_bytes() const { return size_ - available_ - unannounced_; }

 private:
  std::int64_t size_;
  std::int64_t available_;
  std::int64_t unannounced_ = 0;
};

}  // namespace parlance::http2
