#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/buffer.h"
#include "base/bytes.h"
#include "http2/fault.h"
#include "http2/frame.h"

namespace parlance::http2 {

/// What the reader found next in the bytes.
struct FrameItem {
  enum class Kind : std::uint8_t {
    kFrame,    // a whole frame of a known type other than DATA; `payload` is all of it
    kData,     // a piece of a DATA frame, its padding taken off
    kUnknown,  // an extension frame; its payload is skipped
  };

  Kind kind = Kind::kFrame;
  bool first = false;  // kData: nothing of this frame was delivered before
  bool last = false;   // kData: nothing follows
  FrameHeader header;
  /// Valid until the next call of FrameReader::next, and no longer than the input it was made from.
  Bytes payload = {};
  /// kData, with `first`: octets of the frame that are no data (pad length and padding). They count for flow
  /// control (RFC 9113 section 6.1).
  std::uint32_t padding_bytes = 0;
};

/// Cuts a stream of bytes, arriving in any pieces, into frames. Only frames that are cut by the input's end
/// are copied; DATA never is. Checks what check_frame_header() can and the padding of DATA.
class FrameReader {
 public:
  explicit FrameReader(std::uint32_t max_frame_bytes) : max_frame_bytes_(max_frame_bytes) {}

  /// Takes bytes from the front of `input` until there is something to say; nullopt when the input is used
  /// up. After a fault (always one of the connection) the reader must not be used again.
  std::expected<std::optional<FrameItem>, Fault> next(Bytes& input);

 private:
  enum class State : std::uint8_t { kHeader, kPayload, kPadLength, kData, kSkip };

  bool read_header(Bytes& input);
  void begin();
  std::optional<FrameItem> read_payload(Bytes& input);
  Outcome read_pad_length(Bytes& input);
  std::optional<FrameItem> read_data(Bytes& input);
  bool skip(Bytes& input);

  std::uint32_t max_frame_bytes_;
  State state_ = State::kHeader;
  bool first_ = false;
  FrameHeader header_;
  std::uint32_t have_bytes_ = 0;     // of the header or the payload being put together
  std::uint32_t left_bytes_ = 0;     // of data, or to be skipped
  std::uint32_t padding_bytes_ = 0;  // pad length octet and padding
  std::array<std::byte, kFrameHeaderBytes> partial_header_;
  Buffer assembled_;
};

}  // namespace parlance::http2
