// The examples of RFC 7541 appendix C: each block is decoded, and fields, table and its size are compared.
// Those that an encoder with our choices (Huffman when shorter, hpack_indexing.h) makes are encoded as well.

#include <gtest/gtest.h>

#include "http2/hpack_decoder.h"
#include "http2/hpack_encoder.h"
#include "http2/hpack_test_support.h"

namespace parlance::http2 {
namespace {

using test::Fields;
using test::octets;
using test::owned;

struct Step {
  std::string_view hex;
  Fields fields;
  Fields table;  // newest first
  std::uint32_t table_bytes;
};

Fields contents(const DynamicTable& table) {
  Fields result;
  for (std::uint32_t age = 0; age < table.count(); ++age) {
    const HeaderField entry = table.entry(table.id_of_age(age));
    result.push_back({std::string{entry.name}, std::string{entry.value}});
  }
  return result;
}

void expect_decoded(std::uint32_t max_table_bytes, const std::vector<Step>& steps) {
  HpackDecoder decoder{max_table_bytes};
  HeaderList list{UINT32_MAX};
  for (const Step& step : steps) {
    ASSERT_TRUE(decoder.decode(octets(step.hex), list)) << step.hex;
    EXPECT_EQ(owned(list.fields()), step.fields) << step.hex;
    EXPECT_EQ(contents(decoder.table()), step.table) << step.hex;
    EXPECT_EQ(decoder.table().size_bytes(), step.table_bytes) << step.hex;
  }
}

void expect_encoded(const std::vector<Step>& steps) {
  HpackEncoder encoder;
  for (const Step& step : steps) {
    std::vector<std::byte> block;
    encoder.encode(test::views(step.fields), block);
    EXPECT_EQ(block, octets(step.hex));
    EXPECT_EQ(contents(encoder.table()), step.table) << step.hex;
    EXPECT_EQ(encoder.table().size_bytes(), step.table_bytes) << step.hex;
  }
}

TEST(HpackAppendixC, Section2_1LiteralWithIndexing) {
  expect_decoded(4096, {{"400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
                         {{"custom-key", "custom-header"}},
                         {{"custom-key", "custom-header"}},
                         55}});
}

TEST(HpackAppendixC, Section2_2LiteralWithoutIndexing) {
  expect_decoded(4096, {{"040c 2f73 616d 706c 652f 7061 7468", {{":path", "/sample/path"}}, {}, 0}});
}

TEST(HpackAppendixC, Section2_3LiteralNeverIndexed) {
  expect_decoded(4096,
                 {{"1008 7061 7373 776f 7264 0673 6563 7265 74", {{"password", "secret", true}}, {}, 0}});
}

TEST(HpackAppendixC, Section2_4IndexedField) {
  const std::vector<Step> steps{{"82", {{":method", "GET"}}, {}, 0}};
  expect_decoded(4096, steps);
  expect_encoded(steps);
}

const Fields kRequest1{
    {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "www.example.com"}};
const Fields kRequest2{{":method", "GET"},
                       {":scheme", "http"},
                       {":path", "/"},
                       {":authority", "www.example.com"},
                       {"cache-control", "no-cache"}};
const Fields kRequest3{{":method", "GET"},
                       {":scheme", "https"},
                       {":path", "/index.html"},
                       {":authority", "www.example.com"},
                       {"custom-key", "custom-value"}};
const Fields kRequestTable1{{":authority", "www.example.com"}};
const Fields kRequestTable2{{"cache-control", "no-cache"}, {":authority", "www.example.com"}};
const Fields kRequestTable3{
    {"custom-key", "custom-value"}, {"cache-control", "no-cache"}, {":authority", "www.example.com"}};

TEST(HpackAppendixC, Section3RequestsWithoutHuffman) {
  expect_decoded(4096, {{"8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", kRequest1, kRequestTable1, 57},
                        {"8286 84be 5808 6e6f 2d63 6163 6865", kRequest2, kRequestTable2, 110},
                        {"8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
                         kRequest3, kRequestTable3, 164}});
}

TEST(HpackAppendixC, Section4RequestsWithHuffman) {
  const std::vector<Step> steps{
      {"8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", kRequest1, kRequestTable1, 57},
      {"8286 84be 5886 a8eb 1064 9cbf", kRequest2, kRequestTable2, 110},
      {"8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf", kRequest3, kRequestTable3, 164}};
  expect_decoded(4096, steps);
  expect_encoded(steps);
}

constexpr std::string_view kDate1 = "Mon, 21 Oct 2013 20:13:21 GMT";
constexpr std::string_view kDate2 = "Mon, 21 Oct 2013 20:13:22 GMT";
constexpr std::string_view kLocation = "https://www.example.com";
constexpr std::string_view kCookie = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";

Fields response(std::string_view status) {
  return {{":status", std::string{status}},
          {"cache-control", "private"},
          {"date", std::string{kDate1}},
          {"location", std::string{kLocation}}};
}
const Fields kResponse3{{":status", "200"},
                        {"cache-control", "private"},
                        {"date", std::string{kDate2}},
                        {"location", std::string{kLocation}},
                        {"content-encoding", "gzip"},
                        {"set-cookie", std::string{kCookie}}};
const Fields kResponseTable1{{"location", std::string{kLocation}},
                             {"date", std::string{kDate1}},
                             {"cache-control", "private"},
                             {":status", "302"}};
// The 256 octets of these examples are full now: ":status: 302" has gone.
const Fields kResponseTable2{{":status", "307"},
                             {"location", std::string{kLocation}},
                             {"date", std::string{kDate1}},
                             {"cache-control", "private"}};
const Fields kResponseTable3{
    {"set-cookie", std::string{kCookie}}, {"content-encoding", "gzip"}, {"date", std::string{kDate2}}};

TEST(HpackAppendixC, Section5ResponsesWithoutHuffmanEvict) {
  expect_decoded(
      256,
      {{"4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 "
        "3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        response("302"), kResponseTable1, 222},
       {"4803 3330 37c1 c0bf", response("307"), kResponseTable2, 222},
       {"88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 "
        "7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 "
        "6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31",
        kResponse3, kResponseTable3, 215}});
}

TEST(HpackAppendixC, Section6ResponsesWithHuffmanEvict) {
  expect_decoded(
      256,
      {{"4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad "
        "1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
        response("302"), kResponseTable1, 222},
       {"4883 640e ffc1 c0bf", response("307"), kResponseTable2, 222},
       {"88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 "
        "e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
        kResponse3, kResponseTable3, 215}});
}

}  // namespace
}  // namespace parlance::http2
