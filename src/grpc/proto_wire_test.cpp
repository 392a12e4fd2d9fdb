#include "grpc/proto_wire.h"

#include <gtest/gtest.h>

namespace parlance::grpc {
namespace {

TEST(ProtoWriter, WritesVarintsAndBytes) {
  ProtoWriter message;
  message.varint(1, 150);  // the example of protobuf's encoding guide: 08 96 01
  message.bytes(2, "testing");
  EXPECT_EQ(message.text(), std::string("\x08\x96\x01\x12\x07testing"));
}

TEST(ProtoWriter, LeavesOutZeroAndEmptyButNotElements) {
  ProtoWriter message;
  message.varint(1, 0);
  message.bytes(2, "");
  message.element(3, "");
  EXPECT_EQ(message.text(), (std::string{"\x1a\0", 2}));
}

TEST(ProtoReader, ReadsEveryWireType) {
  const std::string_view message{"\x08\x96\x01\x11\1\2\3\4\5\6\7\x08\x1a\2hi\x25\1\0\0\x80", 21};
  ProtoReader reader{message};
  auto field = reader.next();
  ASSERT_TRUE(field && field->is_varint(1));
  EXPECT_EQ(field->integer, 150u);
  field = reader.next();
  ASSERT_TRUE(field && field->number == 2 && field->kind == ProtoReader::Kind::kFixed64);
  EXPECT_EQ(field->integer, 0x0807060504030201u);
  field = reader.next();
  ASSERT_TRUE(field && field->is_bytes(3));
  EXPECT_EQ(field->bytes, "hi");
  field = reader.next();
  ASSERT_TRUE(field && field->number == 4 && field->kind == ProtoReader::Kind::kFixed32);
  EXPECT_EQ(field->integer, 0x80000001u);
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.failed());
}

TEST(ProtoReader, ReadsTheLargestVarint) {
  ProtoWriter message;
  message.varint(1, ~std::uint64_t{0});
  ProtoReader reader{message.text()};
  EXPECT_EQ(reader.next()->integer, ~std::uint64_t{0});
}

TEST(ProtoReader, FailsOnMalformedBytes) {
  for (std::string_view message :
       {std::string_view{"\x08"}, std::string_view{"\x12\x05hi"}, std::string_view{"\x0b"},
        std::string_view{"\x0c"}, std::string_view{"\0\0", 2}, std::string_view{"\x11\1\2"},
        std::string_view{"\x25\1"}, std::string_view{"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"},
        std::string_view{"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"},
        std::string_view{"\xf8\xff\xff\xff\xff\xff\xff\xff\xff\1\0", 11}}) {
    ProtoReader reader{message};
    while (reader.next()) {
    }
    EXPECT_TRUE(reader.failed());
    EXPECT_FALSE(reader.next());
  }
}

}  // namespace
}  // namespace parlance::grpc
