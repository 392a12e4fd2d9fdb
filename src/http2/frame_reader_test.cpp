#include "http2/frame_reader.h"

#include "http2/connection_test_support.h"

namespace parlance::http2::test {
namespace {

using testing::ElementsAre;

/// Reads pieces into one line a frame; the pieces of DATA are put together again.
class ReaderLog {
 public:
  void feed(std::string_view bytes) {
    Bytes input = as_bytes(bytes);
    while (!broken_) {
      const auto item = reader_.next(input);
      if (!item) {
        broken_ = true;
        lines.push_back("fault " + std::string(to_string(item.error().code)));
      } else if (!*item) {
        EXPECT_TRUE(input.empty());
        return;
      } else {
        add(**item);
      }
    }
  }

  Lines lines;

 private:
  void add(const FrameItem& item) {
    const std::string type = std::to_string(static_cast<int>(item.header.type));
    if (item.kind == FrameItem::Kind::kUnknown) return lines.push_back("unknown " + type);
    if (item.kind == FrameItem::Kind::kFrame) {
      return lines.push_back(type + " " + std::string(as_text(item.payload)));
    }
    if (item.first) lines.push_back("data pad=" + std::to_string(item.padding_bytes) + " ");
    lines.back() += as_text(item.payload);
    if (item.last) lines.back() += ".";
  }

  FrameReader reader_{16384};
  bool broken_ = false;
};

Lines expect_same_for_every_cut(std::string_view bytes) {
  ReaderLog whole;
  whole.feed(bytes);
  std::unique_ptr<ReaderLog> log;
  with_every_cut(
      bytes, [&] { log = std::make_unique<ReaderLog>(); }, [&](std::string_view piece) { log->feed(piece); },
      [&] { EXPECT_EQ(log->lines, whole.lines); });
  return whole.lines;
}

TEST(FrameReader, CutsFramesOutOfAnyPieces) {
  const std::string bytes = Wire::ping("abcdefgh") + Wire::data(1, "hello") + Wire::settings_ack() +
                            Wire::data(3, "", flags::kEndStream) +
                            Wire::frame(FrameType::kHeaders, 4, 5, "xyz");
  EXPECT_THAT(expect_same_for_every_cut(bytes),
              ElementsAre("6 abcdefgh", "data pad=0 hello.", "4 ", "data pad=0 .", "1 xyz"));
}

// RFC 9113 section 6.1.
TEST(FrameReader, TakesThePaddingOffData) {
  const std::string bytes =
      Wire::data(1, std::string("\x03") + "data" + std::string(3, '\0'), flags::kPadded) +
      Wire::data(1, std::string("\x00", 1) + "more", flags::kPadded) +
      Wire::data(1, std::string("\x02\x00\x00", 3), flags::kPadded) + Wire::ping();
  EXPECT_THAT(expect_same_for_every_cut(bytes),
              ElementsAre("data pad=4 data.", "data pad=1 more.", "data pad=3 .", "6 12345678"));
}

TEST(FrameReader, PaddingThatFillsTheFrameOrMoreIsAProtocolError) {
  EXPECT_THAT(expect_same_for_every_cut(Wire::data(1,
                                                   "\x04"
                                                   "abc",
                                                   flags::kPadded)),
              ElementsAre("fault PROTOCOL_ERROR"));
  EXPECT_THAT(expect_same_for_every_cut(Wire::data(1,
                                                   "\x05"
                                                   "abc",
                                                   flags::kPadded)),
              ElementsAre("fault PROTOCOL_ERROR"));
}

TEST(FrameReader, PaddedDataWithoutRoomForThePadLengthIsAFrameSizeError) {
  EXPECT_THAT(expect_same_for_every_cut(Wire::data(1, "", flags::kPadded) + Wire::ping()),
              ElementsAre("fault FRAME_SIZE_ERROR"));
}

// RFC 9113 section 5.5.
TEST(FrameReader, SkipsFramesOfUnknownTypes) {
  const std::string bytes = Wire::frame(static_cast<FrameType>(0x20), 0xff, 9, std::string(300, 'u')) +
                            Wire::frame(static_cast<FrameType>(0x21), 0, 0, "") + Wire::ping();
  EXPECT_THAT(expect_same_for_every_cut(bytes), ElementsAre("unknown 32", "unknown 33", "6 12345678"));
}

TEST(FrameReader, AFrameAboveTheLimitFailsBeforeItsPayloadArrives) {
  std::string header(kFrameHeaderBytes, '\0');
  store_frame_header(reinterpret_cast<std::byte*>(header.data()), {16385, FrameType::kData, 0, 1});
  EXPECT_THAT(expect_same_for_every_cut(header), ElementsAre("fault FRAME_SIZE_ERROR"));
}

TEST(FrameReader, AFrameInOnePieceIsParsedWhereItLies) {
  FrameReader reader{16384};
  const std::string bytes = Wire::ping("abcdefgh");
  Bytes input = as_bytes(bytes);
  const auto item = reader.next(input);
  ASSERT_TRUE(item && *item);
  EXPECT_EQ(static_cast<const void*>((*item)->payload.data()), bytes.data() + kFrameHeaderBytes);
}

}  // namespace
}  // namespace parlance::http2::test
