#include "http2/received_sections.h"

#include <gtest/gtest.h>

#include "http2/connection_test_support.h"
#include "http2/hpack_test_support.h"

namespace parlance::http2::test {
namespace {

constexpr std::uint32_t kListBytes = 16 * 1024;

std::uint64_t keep(ReceivedSections& sections, const std::vector<std::byte>& block, std::uint64_t changes) {
  const std::uint64_t id = sections.renew().id;
  sections.remember(block, changes);
  return id;
}

TEST(ReceivedSections, ABlockMeansTheSameAsLongAsTheTableStands) {
  ReceivedSections sections{kListBytes};
  const std::uint64_t id = keep(sections, octets("83 86"), 7);
  ASSERT_NE(sections.find(octets("83 86"), 7), nullptr);
  EXPECT_EQ(sections.find(octets("83 86"), 7)->id, id);
  EXPECT_EQ(sections.find(octets("83 86"), 8), nullptr);
  EXPECT_EQ(sections.find(octets("83 87"), 7), nullptr);
  EXPECT_EQ(sections.find(octets("83"), 7), nullptr);
}

TEST(ReceivedSections, WhatWasNotRememberedIsNotFound) {
  ReceivedSections sections{kListBytes};
  sections.renew();
  EXPECT_EQ(sections.find({}, 0), nullptr);
  const std::vector<std::byte> long_block(257, std::byte{0x83});
  keep(sections, long_block, 0);
  EXPECT_EQ(sections.find(long_block, 0), nullptr);
}

TEST(ReceivedSections, AFifthTakesThePlaceOfTheFirst) {
  ReceivedSections sections{kListBytes};
  for (const std::string_view block : {"81", "82", "83", "84", "85"}) keep(sections, octets(block), 0);
  EXPECT_EQ(sections.find(octets("81"), 0), nullptr);
  for (const std::string_view block : {"82", "83", "84", "85"}) {
    EXPECT_NE(sections.find(octets(block), 0), nullptr) << block;
  }
}

// A server that notes the number of each request's section, and a client with a dynamic table.
struct SectionIds {
  SectionIds() {
    server.on_request_do = [this](StreamId, bool) { ids.push_back(server->section_id()); };
    exchange(client, server);
    server.events();
  }
  std::uint64_t id_of(const Texts& request) {
    client.open(request, true);
    exchange(client, server);
    return ids.back();
  }

  Engine client{Role::kClient};
  Engine server{Role::kServer};
  std::vector<std::uint64_t> ids;
};

TEST(SectionId, IsTheSameForARequestThatComesAgain) {
  SectionIds sections;
  Texts other = kPost;
  other.emplace_back("x-tenant", "a");
  sections.id_of(kPost);  // enters the table
  sections.id_of(other);
  const std::uint64_t post = sections.id_of(kPost);
  const std::uint64_t with_tenant = sections.id_of(other);
  EXPECT_NE(post, with_tenant);
  for (int call = 0; call < 10; ++call) {
    EXPECT_EQ(sections.id_of(kPost), post);
    EXPECT_EQ(sections.id_of(other), with_tenant);
  }
  EXPECT_EQ(sections.server.events().back(),
            "request 47 :method=POST :scheme=http :path=/s/m :authority=localhost x-tenant=a end");
}

// Indices count from the newest entry, so a new one changes what the octets of the old block mean.
TEST(SectionId, ChangesWhenTheTableDoes) {
  SectionIds sections;
  sections.id_of(kPost);
  const std::uint64_t before = sections.id_of(kPost);
  ASSERT_EQ(sections.id_of(kPost), before);
  Texts other = kPost;
  other.emplace_back("x-new", "entry");
  sections.id_of(other);
  EXPECT_NE(sections.id_of(kPost), before);
  EXPECT_EQ(sections.server.events().back(),
            "request 9 :method=POST :scheme=http :path=/s/m :authority=localhost end");
}

TEST(SectionId, AMalformedSectionIsMalformedEachTime) {
  Engine server{Role::kServer};
  Wire wire;
  const Texts bad{{":method", "POST"}, {":scheme", "http"}, {":path", "/s/m"}, {"connection", "close"}};
  server.receive(Wire::preface() + Wire::settings_ack());
  server.sent();
  for (StreamId id = 1; id < 9; id += 2) {
    server.receive(wire.headers(id, bad, flags::kEndStream));
    EXPECT_THAT(server.sent(), testing::ElementsAre("RST_STREAM " + std::to_string(id) + " PROTOCOL_ERROR"));
  }
}

}  // namespace
}  // namespace parlance::http2::test
