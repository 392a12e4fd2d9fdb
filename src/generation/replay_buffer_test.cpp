#include "generation/replay_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parlance::generation {
namespace {

using testing::ElementsAre;

std::vector<std::string> texts(
    const std::expected<std::vector<const ReplayBuffer::Event*>, ReplayError>& read) {
  std::vector<std::string> found;
  for (const ReplayBuffer::Event* event : read.value())
    found.push_back(std::to_string(event->number) + event->bytes);
  return found;
}

TEST(ReplayBuffer, GivesWhatFollowsANumber) {
  ReplayBuffer buffer{{}};
  EXPECT_EQ(buffer.append("a"), 1u);
  EXPECT_EQ(buffer.append("b"), 2u);
  EXPECT_EQ(buffer.append("c"), 3u);
  const auto reader = buffer.attach();
  EXPECT_THAT(texts(buffer.read(reader, 0, 10)), ElementsAre("1a", "2b", "3c"));
  EXPECT_THAT(texts(buffer.read(reader, 1, 1)), ElementsAre("2b"));
  EXPECT_THAT(texts(buffer.read(reader, 3, 10)), ElementsAre());
  EXPECT_EQ(buffer.read(reader, 4, 10).error(), ReplayError::kNotYet);
}

TEST(ReplayBuffer, OneConsumerAtATime) {
  ReplayBuffer buffer{{}};
  buffer.append("a");
  const auto first = buffer.attach();
  const auto second = buffer.attach();
  EXPECT_EQ(buffer.read(first, 0, 10).error(), ReplayError::kSuperseded);
  buffer.acknowledge(first, 1);
  EXPECT_THAT(texts(buffer.read(second, 0, 10)), ElementsAre("1a"));
}

TEST(ReplayBuffer, TheOldestGoWhenTheLimitIsMet) {
  ReplayBuffer by_bytes{{.max_bytes = 5, .max_events = 100}};
  for (const char* text : {"aa", "bb", "cc"}) by_bytes.append(text);
  EXPECT_EQ(by_bytes.bytes(), 4u);
  const auto reader = by_bytes.attach();
  EXPECT_EQ(by_bytes.read(reader, 0, 10).error(), ReplayError::kGone);
  EXPECT_THAT(texts(by_bytes.read(reader, 1, 10)), ElementsAre("2bb", "3cc"));

  ReplayBuffer by_number{{.max_bytes = 100, .max_events = 2}};
  for (const char* text : {"a", "b", "c"}) by_number.append(text);
  EXPECT_EQ(by_number.size(), 2u);
}

TEST(ReplayBuffer, OneEventIsKeptHoweverLong) {
  ReplayBuffer buffer{{.max_bytes = 3, .max_events = 10}};
  buffer.append("longer than the limit");
  EXPECT_EQ(buffer.size(), 1u);
}

TEST(ReplayBuffer, WhatIsAcknowledgedIsDropped) {
  ReplayBuffer buffer{{}};
  for (const char* text : {"a", "b", "c"}) buffer.append(text);
  const auto reader = buffer.attach();
  buffer.acknowledge(reader, 2);
  EXPECT_EQ(buffer.bytes(), 1u);
  EXPECT_EQ(buffer.read(reader, 1, 10).error(), ReplayError::kGone);
  EXPECT_THAT(texts(buffer.read(reader, 2, 10)), ElementsAre("3c"));
}

TEST(ReplayBuffer, KnowsItsEnd) {
  ReplayBuffer buffer{{}};
  buffer.append("a");
  EXPECT_FALSE(buffer.is_end(1));
  buffer.close();
  EXPECT_TRUE(buffer.is_end(1));
  EXPECT_FALSE(buffer.is_end(0));
}

TEST(ReplayBuffer, AStreamCutAtEveryEventIsReadAsOneText) {
  for (std::uint64_t cut = 0; cut <= 200; ++cut) {
    ReplayBuffer buffer{{}};
    std::string made, joined;
    std::uint64_t seen = 0;
    auto reader = buffer.attach();
    for (std::uint64_t number = 1; number <= 200; ++number) {
      made += std::to_string(number) + " ";
      buffer.append(std::to_string(number) + " ");
      if (number == cut)
        reader = buffer.attach();  // what was under way is lost; it asks from the last it has seen
      if (number % 7 != 0 && number != 200) continue;
      const auto read = buffer.read(reader, seen, 1000);
      for (const ReplayBuffer::Event* event : read.value()) {
        joined += event->bytes;
        seen = event->number;
      }
    }
    ASSERT_EQ(joined, made) << "cut at " << cut;
  }
}

}  // namespace
}  // namespace parlance::generation
