#include "http2/frame.h"

#include <array>

#include <gtest/gtest.h>

namespace parlance::http2 {
namespace {

struct Case {
  FrameHeader header;
  ErrorCode code;  // kNoError: it passes
};

TEST(Frame, HeaderIsNineOctetsInNetworkOrder) {
  std::array<std::byte, kFrameHeaderBytes> bytes{};
  const FrameHeader header{0x010203, FrameType::kPing, 0x05, 0x0708090a};
  store_frame_header(bytes.data(), header);
  EXPECT_EQ(as_text(bytes), std::string_view("\x01\x02\x03\x06\x05\x07\x08\x09\x0a", 9));
  EXPECT_EQ(load_frame_header(bytes.data()), header);
}

// RFC 9113 section 4.1: the reserved bit is ignored when receiving.
TEST(Frame, ReservedBitOfTheStreamIdIsIgnored) {
  const std::string_view bytes("\x00\x00\x00\x00\x00\x80\x00\x00\x03", 9);
  EXPECT_EQ(load_frame_header(as_bytes(bytes).data()).stream, 3U);
}

TEST(Frame, HeaderAloneSaysWhetherSizeAndStreamCanBeRight) {
  using enum FrameType;
  using enum ErrorCode;
  const std::array cases = {
      Case{{16384, kData, 0, 1}, kNoError},
      Case{{16385, kData, 0, 1}, kFrameSizeError},  // section 4.2
      Case{{0, kData, 0, 0}, kProtocolError},       // section 6.1
      Case{{0, kHeaders, 0, 0}, kProtocolError},    // section 6.2
      Case{{5, kPriority, 0, 0}, kProtocolError},   // section 6.3
      Case{{4, kPriority, 0, 1}, kNoError},         // a stream error, judged later
      Case{{4, kRstStream, 0, 1}, kNoError},
      Case{{3, kRstStream, 0, 1}, kFrameSizeError},  // section 6.4
      Case{{4, kRstStream, 0, 0}, kProtocolError},
      Case{{12, kSettings, 0, 0}, kNoError},
      Case{{0, kSettings, flags::kAck, 0}, kNoError},
      Case{{6, kSettings, flags::kAck, 0}, kFrameSizeError},  // section 6.5
      Case{{7, kSettings, 0, 0}, kFrameSizeError},
      Case{{0, kSettings, 0, 1}, kProtocolError},
      Case{{4, kPushPromise, 0, 1}, kProtocolError},  // section 8.4
      Case{{8, kPing, 0, 0}, kNoError},
      Case{{7, kPing, 0, 0}, kFrameSizeError},  // section 6.7
      Case{{8, kPing, 0, 1}, kProtocolError},
      Case{{8, kGoaway, 0, 0}, kNoError},
      Case{{7, kGoaway, 0, 0}, kFrameSizeError},  // section 6.8
      Case{{8, kGoaway, 0, 1}, kProtocolError},
      Case{{4, kWindowUpdate, 0, 0}, kNoError},
      Case{{4, kWindowUpdate, 0, 1}, kNoError},
      Case{{5, kWindowUpdate, 0, 1}, kFrameSizeError},  // section 6.9
      Case{{0, kContinuation, 0, 0}, kProtocolError},   // section 6.10
      Case{{100, static_cast<FrameType>(0xfe), 0xff, 0}, kNoError},
      Case{{16385, static_cast<FrameType>(0xfe), 0, 7}, kFrameSizeError},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE("type " + std::to_string(static_cast<int>(c.header.type)) + " length " +
                 std::to_string(c.header.length) + " stream " + std::to_string(c.header.stream));
    const Outcome outcome = check_frame_header(c.header, 16384);
    EXPECT_EQ(outcome ? kNoError : outcome.error().code, c.code);
    EXPECT_TRUE(outcome || outcome.error().scope == Fault::Scope::kConnection);
  }
}

}  // namespace
}  // namespace parlance::http2
