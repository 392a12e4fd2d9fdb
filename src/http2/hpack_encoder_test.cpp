#include "http2/hpack_encoder.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "http2/hpack_decoder.h"
#include "http2/hpack_indexing.h"
#include "http2/hpack_test_support.h"

namespace parlance::http2 {
namespace {

using test::Fields;
using test::octets;

std::vector<std::byte> encoded_block(HpackEncoder& encoder, const Fields& fields) {
  std::vector<std::byte> block;
  encoder.encode(test::views(fields), block);
  return block;
}

TEST(HpackEncoder, AppendsToWhatIsThere) {
  HpackEncoder encoder;
  std::vector<std::byte> out = octets("0102");
  const HeaderField field{.name = ":method", .value = "POST"};
  encoder.encode({&field, 1}, out);
  EXPECT_EQ(out, octets("0102 83"));
}

TEST(HpackEncoder, SecondRequestIsAllIndices) {
  HpackEncoder encoder;
  const Fields request{{":method", "POST"},
                       {":scheme", "http"},
                       {":path", "/pkg.Service/M"},
                       {":authority", "localhost:50051"},
                       {"te", "trailers"},
                       {"content-type", "application/grpc"},
                       {"user-agent", "parlance/0.1"}};
  EXPECT_GT(encoded_block(encoder, request).size(), 40u);
  EXPECT_EQ(encoded_block(encoder, request), octets("83 86 c2 c1 c0 bf be"));
}

TEST(HpackEncoder, ChangingValueIsEnteredOnceForItsName) {
  HpackEncoder encoder;
  EXPECT_EQ(encoded_block(encoder, {{"grpc-timeout", "50m"}})[0], std::byte{0x40});
  // Then without indexing, name at index 62 (15 + 47).
  EXPECT_EQ(encoded_block(encoder, {{"grpc-timeout", "!"}}), octets("0f2f 0121"));
  EXPECT_EQ(encoder.table().count(), 1u);
}

TEST(HpackEncoder, ContentLengthIsNotIndexed) {
  HpackEncoder encoder;
  EXPECT_EQ(encoded_block(encoder, {{"content-length", "0"}}), octets("0f0d 0130"));
  EXPECT_EQ(encoder.table().count(), 0u);
}

// RFC 7541 section 6.2.3; name by index 23 and spelled out.
TEST(HpackEncoder, SecretsAreNeverIndexedLiterals) {
  HpackEncoder encoder;
  EXPECT_EQ(encoded_block(encoder, {{"authorization", "x"}}), octets("1f08 0178"));
  EXPECT_EQ(encoded_block(encoder, {{"!", "!", true}}), octets("10 0121 0121"));
  EXPECT_EQ(encoded_block(encoder, {{":method", "GET", true}})[0], std::byte{0x12});
  EXPECT_EQ(encoder.table().count(), 0u);
}

TEST(HpackIndexing, FollowsThePolicy) {
  const auto of = [](std::string_view name, std::string_view value) {
    return indexing_of({.name = name, .value = value});
  };
  const std::string token = "Bearer " + std::string(40, 't');
  EXPECT_EQ(of(":path", "/a/b"), Indexing::kField);
  EXPECT_EQ(of("x-anything", "v"), Indexing::kField);
  EXPECT_EQ(of("grpc-status", "0"), Indexing::kField);
  EXPECT_EQ(of("grpc-timeout", "1S"), Indexing::kNameOnly);
  EXPECT_EQ(of("content-length", "1"), Indexing::kNameOnly);
  EXPECT_EQ(of("traceparent", "00-1"), Indexing::kNameOnly);
  EXPECT_EQ(of("grpc-previous-rpc-attempts", "1"), Indexing::kNameOnly);
  EXPECT_EQ(of("authorization", "Bearer short"), Indexing::kNever);
  EXPECT_EQ(of("authorization", token), Indexing::kField);
  EXPECT_EQ(of("authorization", "BASIC " + std::string(40, 'p')), Indexing::kNever);
  EXPECT_EQ(of("cookie", "a=b"), Indexing::kNever);
  EXPECT_EQ(of("cookie", token), Indexing::kField);
  EXPECT_EQ(indexing_of({.name = "x", .value = "y", .never_indexed = true}), Indexing::kNever);
}

TEST(HpackEncoder, EntryThatWouldFillTheTableIsNotIndexed) {
  HpackEncoder encoder;
  encoded_block(encoder, {{"x-a", "kept"}});
  encoded_block(encoder, {{"x-large", std::string(3500, 'v')}});
  EXPECT_EQ(encoder.table().count(), 1u);
}

TEST(HpackEncoder, FullTableTakesAFieldOnlyAtTheSecondSight) {
  HpackEncoder encoder;
  for (int i = 0; i < 200; ++i)
    encoded_block(encoder, {{"x-id", "a value that never comes again, number " + std::to_string(i)}});
  const std::uint64_t newest = encoder.table().id_of_age(0);
  EXPECT_LT(newest, 60u);
  encoded_block(encoder, {{"x-new", "value"}});
  EXPECT_EQ(encoder.table().id_of_age(0), newest);
  encoded_block(encoder, {{"x-new", "value"}});
  EXPECT_EQ(encoder.table().id_of_age(0), newest + 1);
  EXPECT_EQ(encoded_block(encoder, {{"x-new", "value"}}), octets("be"));
}

// --- size updates, RFC 7541 section 4.2

TEST(HpackEncoder, SmallerOwnTableIsSaidInTheFirstBlock) {
  HpackEncoder encoder{100};
  EXPECT_EQ(encoded_block(encoder, {{":method", "GET"}}), octets("3f45 82"));
  EXPECT_EQ(encoded_block(encoder, {{":method", "GET"}}), octets("82"));
}

TEST(HpackEncoder, PeersLimitIsFollowedInTheNextBlockAndOnce) {
  HpackEncoder encoder;
  encoder.set_max_table_bytes(30);
  EXPECT_EQ(encoded_block(encoder, {{":method", "GET"}}), octets("3e 82"));
  EXPECT_EQ(encoded_block(encoder, {{":method", "GET"}}), octets("82"));
}

TEST(HpackEncoder, SmallestLimitBetweenBlocksIsSaidToo) {
  HpackEncoder encoder;
  encoded_block(encoder, {{"a", "b"}});
  for (const std::uint32_t limit : {100u, 20u, 300u, 100u}) encoder.set_max_table_bytes(limit);
  EXPECT_EQ(encoder.table().count(), 0u);
  EXPECT_EQ(encoded_block(encoder, {}), octets("34 3f45"));
}

TEST(HpackEncoder, LimitLoweredAndRaisedAgainIsSaidTwice) {
  HpackEncoder encoder;
  encoder.set_max_table_bytes(0);
  encoder.set_max_table_bytes(65536);
  EXPECT_EQ(encoded_block(encoder, {}), octets("20 3fe11f"));
}

TEST(HpackEncoder, LargerLimitThanItsOwnChangesNothing) {
  HpackEncoder encoder;
  encoder.set_max_table_bytes(65536);
  EXPECT_EQ(encoded_block(encoder, {}), octets(""));
  EXPECT_EQ(encoder.table().max_bytes(), 4096u);
}

TEST(HpackEncoder, LargerTableIsUsedWhenBothAllowIt) {
  HpackEncoder encoder{8192};
  encoder.set_max_table_bytes(65536);
  EXPECT_EQ(encoded_block(encoder, {}), octets("3fe13f"));
  EXPECT_EQ(encoder.table().max_bytes(), 8192u);
}

TEST(HpackEncoder, DecoderUnderstandsItWhateverTheLimitsDo) {
  constexpr std::uint32_t kSeed = 7541;
  test::RandomFields random{kSeed};
  HpackEncoder encoder{6000};
  HpackDecoder decoder;
  HeaderList list{UINT32_MAX};
  for (int block = 0; block < 5000; ++block) {
    for (std::uint32_t changes = random.below(20) == 0 ? random.below(4) : 0; changes > 0; --changes) {
      const std::uint32_t limit = random.below(8000);
      encoder.set_max_table_bytes(limit);
      decoder.set_max_table_bytes(limit);
    }
    const Fields fields = random.section();
    ASSERT_TRUE(decoder.decode(encoded_block(encoder, fields), list))
        << "block " << block << ", seed " << kSeed;
    const HeaderFields got = list.fields();
    ASSERT_EQ(got.size(), fields.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      ASSERT_EQ(got[i].name, fields[i].name);
      ASSERT_EQ(got[i].value, fields[i].value);
      ASSERT_EQ(got[i].token, header_token(fields[i].name));
      ASSERT_TRUE(got[i].never_indexed || !fields[i].never_indexed);
    }
    ASSERT_EQ(decoder.table().size_bytes(), encoder.table().size_bytes());
  }
}

// Two encoders on the same path: what one copies the other encodes.
TEST(HpackEncoder, FixedFieldsGiveTheBlocksThatTheirFieldsGive) {
  const Fields head{{":status", "200"}, {"content-type", "application/grpc"}};
  const Fields trailers{{"grpc-status", "0"}};
  const std::vector<HeaderField> head_views = test::views(head);
  const std::vector<HeaderField> trailer_views = test::views(trailers);
  const FixedFields fixed_head{head_views};
  const FixedFields fixed_trailers{trailer_views};
  std::mt19937 random{5};
  HpackEncoder copies;
  HpackEncoder encodes;
  for (int turn = 0; turn < 2000; ++turn) {
    const bool is_head = random() % 2 == 0;
    const Fields more = random() % 4 == 0 ? Fields{{"x-a", std::to_string(random() % 50)}} : Fields{};
    Fields all = is_head ? head : trailers;
    all.insert(all.end(), more.begin(), more.end());
    if (random() % 100 == 0) {
      const auto table_bytes = static_cast<std::uint32_t>(random() % 300);
      copies.set_max_table_bytes(table_bytes);
      encodes.set_max_table_bytes(table_bytes);
    }
    std::vector<std::byte> block;
    copies.encode(is_head ? fixed_head : fixed_trailers, test::views(more), block);
    ASSERT_EQ(block, encoded_block(encodes, all)) << turn;
  }
}

TEST(HpackEncoder, FixedFieldsTooLongToRememberAreEncodedEachTime) {
  const Fields fields{{"authorization", std::string(31, 'x')}, {"cookie", std::string(31, 'y')}};
  const std::vector<HeaderField> views = test::views(fields);
  const FixedFields fixed{views};
  HpackEncoder encoder;
  HpackEncoder plain;
  for (int turn = 0; turn < 3; ++turn) {
    std::vector<std::byte> block;
    encoder.encode(fixed, {}, block);
    EXPECT_EQ(block, encoded_block(plain, fields));
  }
}

}  // namespace
}  // namespace parlance::http2
