#include "grpc/percent.h"

#include <gtest/gtest.h>

namespace parlance::grpc {
namespace {

TEST(PercentEncode, KeepsPrintableAscii) {
  const std::string text = " !\"#$&'()*+,-./0189:;<=>?@AZ[\\]^_`az{|}~";
  EXPECT_EQ(percent_encode(text), text);
  EXPECT_EQ(percent_encode(""), "");
}

TEST(PercentEncode, EscapesPercentControlAndUtf8Bytes) {
  EXPECT_EQ(percent_encode("100% \n\t\x7f"), "100%25 %0A%09%7F");
  EXPECT_EQ(percent_encode("µ"), "%C2%B5");
  EXPECT_EQ(percent_encode(std::string_view{"\0", 1}), "%00");
}

TEST(PercentDecode, ReadsBothCasesOfHex) { EXPECT_EQ(percent_decode("%c2%B5 50%25"), "µ 50%"); }

TEST(PercentDecode, NeverFails) {
  EXPECT_EQ(percent_decode("%"), "%");
  EXPECT_EQ(percent_decode("%4"), "%4");
  EXPECT_EQ(percent_decode("a%zz"), "a%zz");
  EXPECT_EQ(percent_decode("%4g%41"), "%4gA");
  EXPECT_EQ(percent_decode("%%41"), "%A");
  EXPECT_EQ(percent_decode("\xff"), "\xff");
}

TEST(PercentDecode, UndoesEncodingOfEveryByte) {
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every.push_back(static_cast<char>(byte));
  EXPECT_EQ(percent_decode(percent_encode(every)), every);
  EXPECT_EQ(percent_encode(every).size(), percent_encoded_size(every));
}

}  // namespace
}  // namespace parlance::grpc
