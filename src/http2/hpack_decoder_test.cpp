#include "http2/hpack_decoder.h"

#include <gtest/gtest.h>

#include "http2/hpack_test_support.h"

namespace parlance::http2 {
namespace {

using test::Fields;
using test::octets;
using test::owned;

struct Decoder {
  HpackDecoder hpack{kInitialTableBytes};
  HeaderList list{1 << 20};

  std::expected<Fields, HpackError> operator()(std::string_view hex) {
    const auto outcome = hpack.decode(octets(hex), list);
    if (!outcome) return std::unexpected(outcome.error());
    return owned(list.fields());
  }
};

using Failure = std::unexpected<HpackError>;

TEST(HpackDecoder, NothingIsAnEmptySection) { EXPECT_EQ(Decoder{}(""), Fields{}); }

TEST(HpackDecoder, IndexZeroIsAnError) {  // RFC 7541 section 6.1
  EXPECT_EQ(Decoder{}("80"), Failure(HpackError::kZeroIndex));
}

TEST(HpackDecoder, IndexBeyondBothTablesIsAnError) {  // RFC 7541 section 2.3.3
  Decoder decode;
  EXPECT_EQ(decode("be"), Failure(HpackError::kIndexOutOfRange));
  EXPECT_EQ(decode("7e 00"), Failure(HpackError::kIndexOutOfRange));    // the name of an indexed literal
  EXPECT_EQ(decode("0f2f 00"), Failure(HpackError::kIndexOutOfRange));  // of one that is not
  EXPECT_EQ(decode("ffffffffff0f"), Failure(HpackError::kIntegerTooLarge));
  EXPECT_EQ(decode("ff80ffffff0f"), Failure(HpackError::kIndexOutOfRange));  // 2^32-1
}

TEST(HpackDecoder, LiteralsCutAnywhereAreErrors) {
  const std::vector<std::byte> block =
      octets("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572");
  HeaderList list{1000};
  for (std::size_t length = 1; length < block.size(); ++length) {
    HpackDecoder decoder;
    EXPECT_EQ(decoder.decode(Bytes{block}.first(length), list), Failure(HpackError::kTruncated)) << length;
    EXPECT_EQ(decoder.table().count(), 0u);
  }
}

TEST(HpackDecoder, HuffmanErrorsAreThoseOfTheBlock) {
  EXPECT_EQ(Decoder{}("40 81ff 00"), Failure(HpackError::kHuffmanPadding));
  EXPECT_EQ(Decoder{}("04 84ffffffff"), Failure(HpackError::kHuffmanEos));
}

TEST(HpackDecoder, FieldsCarryTheirTokens) {
  Decoder decode;
  // :path by index, content-type by indexed name, grpc-timeout and :new spelled out.
  ASSERT_TRUE(decode("84 5f 03612f62 000c 677270632d74696d656f7574 02316d 0004 3a6e6577 00"));
  const HeaderFields fields = decode.list.fields();
  ASSERT_EQ(fields.size(), 4u);
  EXPECT_EQ(fields[0].token, HeaderToken::kPath);
  EXPECT_EQ(fields[1].token, HeaderToken::kContentType);
  EXPECT_EQ(fields[2].token, HeaderToken::kGrpcTimeout);
  EXPECT_EQ(fields[3].token, HeaderToken::kOtherPseudo);
}

TEST(HpackDecoder, EntryIdNamesTheDynamicEntryAndIsNeverReused) {
  Decoder decode;
  ASSERT_TRUE(decode("82 4401 61 4401 62 0401 63"));  // static; :path a; :path b; not indexed
  HeaderFields fields = decode.list.fields();
  EXPECT_EQ(fields[0].entry_id, 0u);
  EXPECT_EQ(fields[1].entry_id, 1u);
  EXPECT_EQ(fields[2].entry_id, 2u);
  EXPECT_EQ(fields[3].entry_id, 0u);

  ASSERT_TRUE(decode("bf be"));  // the same two by index
  EXPECT_EQ(decode.list.fields()[0].entry_id, 1u);
  EXPECT_EQ(decode.list.fields()[1].entry_id, 2u);

  ASSERT_TRUE(decode("20 3fe11f 4401 61"));  // emptied, and the first one again
  EXPECT_EQ(decode.list.fields()[0].entry_id, 3u);
}

TEST(HpackDecoder, FieldsOutliveTheirEntries) {
  Decoder decode{HpackDecoder{64}};  // room for one entry
  EXPECT_EQ(decode("4002 6161 0131 be 4002 6262 0132 be 4002 6363 0133"),
            (Fields{{"aa", "1"}, {"aa", "1"}, {"bb", "2"}, {"bb", "2"}, {"cc", "3"}}));
  EXPECT_EQ(decode.hpack.table().count(), 1u);
}

// RFC 7541 section 4.4: the name of the new entry may be that of an entry evicted for it.
TEST(HpackDecoder, NameOfAnEntryEvictedForTheNewOneIsKept) {
  Decoder decode{HpackDecoder{50}};
  EXPECT_EQ(decode("4006 6162 6364 6566 0131 7e0c 3132 3334 3536 3738 3930 3132 7e01 78"),
            (Fields{{"abcdef", "1"}, {"abcdef", "123456789012"}, {"abcdef", "x"}}));
}

// RFC 7541 section 4.4: not an error; the table ends empty.
TEST(HpackDecoder, EntryLargerThanTheTableEmptiesIt) {
  Decoder decode{HpackDecoder{64}};
  ASSERT_TRUE(decode("4001 61 01 62"));
  EXPECT_EQ(decode.hpack.table().count(), 1u);
  EXPECT_EQ(decode("7e20 3132333435363738 3132333435363738 3132333435363738 3132333435363738"),
            (Fields{{"a", "12345678123456781234567812345678"}}));
  EXPECT_EQ(decode.list.fields()[0].entry_id, 0u);
  EXPECT_EQ(decode.hpack.table().count(), 0u);
  EXPECT_EQ(decode.hpack.table().size_bytes(), 0u);
}

// --- size updates, RFC 7541 sections 4.2 and 6.3

TEST(HpackDecoder, SizeUpdateEvicts) {
  Decoder decode;
  ASSERT_TRUE(decode("4001 61 01 62 4001 63 01 64"));
  ASSERT_TRUE(decode("3f23"));  // 66
  EXPECT_EQ(decode.hpack.table().count(), 1u);
  EXPECT_EQ(decode("be"), (Fields{{"c", "d"}}));
}

TEST(HpackDecoder, SizeUpdateAfterAFieldIsAnError) {
  EXPECT_EQ(Decoder{}("82 20"), Failure(HpackError::kSizeUpdateTooLate));
}

TEST(HpackDecoder, SizeUpdateAboveTheLimitIsAnError) {
  EXPECT_EQ(Decoder{}("3fe11f"), Fields{});  // 4096
  EXPECT_EQ(Decoder{}("3fe21f"), Failure(HpackError::kSizeUpdateTooLarge));
}

TEST(HpackDecoder, RaisedLimitMayBeUsedButNeedNot) {
  Decoder decode;
  decode.hpack.set_max_table_bytes(8192);
  EXPECT_EQ(decode("82"), (Fields{{":method", "GET"}}));
  EXPECT_EQ(decode.hpack.table().max_bytes(), 4096u);
  EXPECT_EQ(decode("3fe13f"), Fields{});
  EXPECT_EQ(decode.hpack.table().max_bytes(), 8192u);
}

TEST(HpackDecoder, LoweredLimitMustBeFollowedAtOnce) {
  for (const std::string_view block : {"82", "3fc207", "3fe11f"}) {  // none, 993 and 4096
    Decoder decode;
    decode.hpack.set_max_table_bytes(992);
    EXPECT_FALSE(decode(block)) << block;
  }
  Decoder decode;
  decode.hpack.set_max_table_bytes(992);
  EXPECT_EQ(decode("3fc107 82"), (Fields{{":method", "GET"}}));
  EXPECT_EQ(decode("82"), (Fields{{":method", "GET"}}));
}

TEST(HpackDecoder, LoweredLimitThatTheTableObeysAlreadyNeedsNoUpdate) {
  Decoder decode;
  ASSERT_TRUE(decode("20"));
  decode.hpack.set_max_table_bytes(100);
  EXPECT_EQ(decode("82"), (Fields{{":method", "GET"}}));
}

TEST(HpackDecoder, SmallestLimitBetweenBlocksIsTheOneToFollow) {
  Decoder decode;
  ASSERT_TRUE(decode("4001 61 01 62"));
  decode.hpack.set_max_table_bytes(0);
  decode.hpack.set_max_table_bytes(4096);
  EXPECT_EQ(decode("20 3fe11f"), Fields{});
  EXPECT_EQ(decode.hpack.table().count(), 0u);
  EXPECT_EQ(decode.hpack.table().max_bytes(), 4096u);

  decode.hpack.set_max_table_bytes(0);
  decode.hpack.set_max_table_bytes(4096);
  EXPECT_EQ(decode("3fe11f 82"), Failure(HpackError::kSizeUpdateMissing));
}

}  // namespace
}  // namespace parlance::http2
