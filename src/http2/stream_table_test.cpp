#include "http2/stream_table.h"

#include <map>
#include <memory>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "http2/closed_streams.h"
#include "http2/stream.h"

namespace parlance::http2 {
namespace {

TEST(StreamTable, FindsWhatIsInItThroughAnyInsertionsAndErasures) {
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    StreamTable table;
    std::map<StreamId, std::unique_ptr<Stream>> streams;
    for (StreamId next = 1; next < 6000; next += 2) {
      streams[next] = std::make_unique<Stream>(next, 0, 0);
      table.insert(next, *streams[next]);
      while (streams.size() > random() % 200) {
        auto victim = std::next(streams.begin(), static_cast<std::ptrdiff_t>(random() % streams.size()));
        table.erase(victim->first);
        EXPECT_EQ(table.find(victim->first), nullptr);
        streams.erase(victim);
      }
      ASSERT_EQ(table.size(), streams.size());
      for (const auto& [id, stream] : streams) ASSERT_EQ(table.find(id), stream.get());
    }
    EXPECT_EQ(table.streams().size(), streams.size());
  }
}

TEST(StreamTable, AnEmptyTableFindsNothing) { EXPECT_EQ(StreamTable{}.find(1), nullptr); }

TEST(ClosedStreams, ResetsAreRememberedWithWhoDidThem) {
  ClosedStreams closed;
  closed.remember_reset(3, EndedBy::kLocal);
  closed.remember_reset(7, EndedBy::kPeer);
  EXPECT_EQ(closed.ended_by(3), EndedBy::kLocal);
  EXPECT_EQ(closed.ended_by(7), EndedBy::kPeer);
  EXPECT_EQ(closed.ended_by(5), EndedBy::kNobody);
}

TEST(ClosedStreams, WhatIsForgottenIsTakenAsResetByUs) {
  ClosedStreams closed;
  for (StreamId i = 0; i <= ClosedStreams::kRemembered; ++i)
    closed.remember_reset(11 + 2 * i, EndedBy::kPeer);
  EXPECT_EQ(closed.ended_by(13), EndedBy::kPeer);
  EXPECT_EQ(closed.ended_by(11), EndedBy::kLocal);
  EXPECT_EQ(closed.ended_by(9), EndedBy::kLocal);
  EXPECT_EQ(closed.ended_by(12), EndedBy::kNobody);
}

}  // namespace
}  // namespace parlance::http2
