#include "wire/scan.h"

#include <gtest/gtest.h>

#include <string>

namespace parlance::wire {
namespace {

struct Skipped {
  std::ptrdiff_t bytes;  // -1: refused
  std::string why;
  bool operator==(const Skipped&) const = default;
};

// Passes over the field that the bytes begin with.
Skipped skipped(std::string_view text, int depth = kMaxDepth) {
  const Bytes bytes = as_bytes(text);
  Context context{.begin = bytes.data(), .depth = depth};
  std::uint32_t tag = 0;
  const std::byte* at = read_tag(bytes.data(), bytes.data() + bytes.size(), tag, context);
  at = skip_field(at, bytes.data() + bytes.size(), tag, context);
  return at == nullptr ? Skipped{-1, context.fault.why} : Skipped{at - bytes.data(), ""};
}

TEST(SkipField, EndsBehindAFieldOfEachWireType) {
  EXPECT_EQ(skipped("\x08\x96\x01rest"), (Skipped{3, ""}));
  EXPECT_EQ(skipped("\x09"
                    "12345678rest"),
            (Skipped{9, ""}));
  EXPECT_EQ(skipped("\x0a\x03"
                    "abcrest"),
            (Skipped{5, ""}));
  EXPECT_EQ(skipped("\x0d"
                    "1234rest"),
            (Skipped{5, ""}));
  EXPECT_EQ(skipped("\x0b\x10\x01\x1b\x1c\x0crest"), (Skipped{6, ""}));
}

TEST(SkipField, RefusesWhatIsCutOff) {
  EXPECT_EQ(skipped("\x88"), (Skipped{-1, "has no whole tag"}));
  EXPECT_EQ(skipped("\x08\x80"), (Skipped{-1, "is a number that does not end"}));
  EXPECT_EQ(skipped("\x09"
                    "1234567"),
            (Skipped{-1, "is cut off"}));
  EXPECT_EQ(skipped("\x0a\x03"
                    "ab"),
            (Skipped{-1, "is longer than its message"}));
  EXPECT_EQ(skipped("\x0a\x80"), (Skipped{-1, "is a length that does not end"}));
  EXPECT_EQ(skipped("\x0b\x10\x01"), (Skipped{-1, "is a group without end"}));
}

TEST(SkipField, RefusesWhatIsNoField) {
  EXPECT_EQ(skipped(std::string_view{"\0", 1}), (Skipped{-1, "has the field number 0"}));
  EXPECT_EQ(skipped("\x0c"), (Skipped{-1, "ends a group that did not begin"}));
  EXPECT_EQ(skipped("\x0b\x14"), (Skipped{-1, "ends a group that did not begin"}));
  EXPECT_EQ(skipped("\x0e"), (Skipped{-1, "has a wire type that does not exist"}));
  EXPECT_EQ(skipped("\x0f"), (Skipped{-1, "has a wire type that does not exist"}));
}

TEST(SkipField, RefusesLengthsBeyond2GiB) {
  EXPECT_EQ(skipped("\x0a\xff\xff\xff\xff\x07"), (Skipped{-1, "is longer than its message"}));
  EXPECT_EQ(skipped("\x0a\xff\xff\xff\xff\x08"), (Skipped{-1, "is a length beyond 2 GiB"}));
}

TEST(SkipField, TakesLengthsAndTagsThatAreLongerThanNeeded) {
  EXPECT_EQ(skipped(std::string_view{"\x8a\x80\0\x01z", 5}), (Skipped{5, ""}));
  EXPECT_EQ(skipped(std::string_view{"\x0a\x81\x80\x80\x80\0z", 7}), (Skipped{7, ""}));
}

TEST(SkipField, RefusesGroupsThatAreNestedTooDeeply) {
  EXPECT_EQ(skipped("\x0b\x0b\x0c\x0c", 2), (Skipped{4, ""}));
  EXPECT_EQ(skipped("\x0b\x0b\x0c\x0c", 1), (Skipped{-1, "is nested too deeply"}));
}

}  // namespace
}  // namespace parlance::wire
