#include "http2/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http2/settings_sync.h"

namespace parlance::http2 {
namespace {

using testing::ElementsAre;
using enum SettingId;

ErrorCode error_of(Setting setting, Role sender) {
  Settings settings;
  const Outcome outcome = settings.apply(setting, sender);
  return outcome ? ErrorCode::kNoError : outcome.error().code;
}

// RFC 9113 section 6.5.2.
TEST(Settings, ValuesOutOfRangeAreErrorsOfTheConnection) {
  EXPECT_EQ(error_of({kEnablePush, 0}, Role::kServer), ErrorCode::kNoError);
  EXPECT_EQ(error_of({kEnablePush, 1}, Role::kServer), ErrorCode::kProtocolError);
  EXPECT_EQ(error_of({kEnablePush, 1}, Role::kClient), ErrorCode::kNoError);
  EXPECT_EQ(error_of({kEnablePush, 2}, Role::kClient), ErrorCode::kProtocolError);
  EXPECT_EQ(error_of({kInitialWindowSize, 0x7fff'ffff}, Role::kClient), ErrorCode::kNoError);
  EXPECT_EQ(error_of({kInitialWindowSize, 0x8000'0000}, Role::kClient), ErrorCode::kFlowControlError);
  EXPECT_EQ(error_of({kMaxFrameSize, 16'383}, Role::kClient), ErrorCode::kProtocolError);
  EXPECT_EQ(error_of({kMaxFrameSize, 16'384}, Role::kClient), ErrorCode::kNoError);
  EXPECT_EQ(error_of({kMaxFrameSize, 16'777'215}, Role::kClient), ErrorCode::kNoError);
  EXPECT_EQ(error_of({kMaxFrameSize, 16'777'216}, Role::kClient), ErrorCode::kProtocolError);
  EXPECT_EQ(error_of({static_cast<SettingId>(0x99), 0xffff'ffff}, Role::kServer), ErrorCode::kNoError);
}

TEST(SettingsSync, OnlyWhatDiffersFromTheDefaultsIsAnnounced) {
  Limits limits;
  limits.max_concurrent_streams = 7;
  SettingsSync server{Role::kServer, limits};
  EXPECT_THAT(server.announce(),
              ElementsAre(Setting{kMaxConcurrentStreams, 7}, Setting{kInitialWindowSize, 65536},
                          Setting{kMaxHeaderListSize, 16384}));
  SettingsSync client{Role::kClient, limits};
  EXPECT_THAT(client.announce(), ElementsAre(Setting{kEnablePush, 0}, Setting{kInitialWindowSize, 65536},
                                             Setting{kMaxHeaderListSize, 16384}));
}

TEST(SettingsSync, ARaisedWindowHoldsAtOnceAndALoweredOneFromTheAcknowledgement) {
  Limits limits;
  limits.initial_stream_window_bytes = 1000;
  SettingsSync sync{Role::kServer, limits};
  sync.announce();
  EXPECT_EQ(sync.stream_window_bytes(), 65535U);
  const auto acknowledged = sync.acknowledged();
  ASSERT_TRUE(acknowledged);
  EXPECT_EQ(acknowledged->stream_window_delta_bytes, 1000 - 65535);
  EXPECT_EQ(sync.stream_window_bytes(), 1000U);
  EXPECT_EQ(sync.raise_initial_window(5000), (Setting{kInitialWindowSize, 5000}));
  EXPECT_EQ(sync.stream_window_bytes(), 5000U);
  EXPECT_EQ(sync.acknowledged()->stream_window_delta_bytes, 0);
}

TEST(SettingsSync, AnAcknowledgementOfNothingIsAProtocolError) {
  const Limits limits;
  SettingsSync sync{Role::kClient, limits};
  sync.announce();
  EXPECT_TRUE(sync.acknowledged());
  const auto again = sync.acknowledged();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kProtocolError);
}

TEST(SettingsSync, AHundredStreamsAreAssumedUntilThePeerHasSpoken) {
  const Limits limits;
  SettingsSync sync{Role::kClient, limits};
  EXPECT_EQ(sync.peer_max_concurrent_streams(), 100U);
  sync.received();
  EXPECT_EQ(sync.peer_max_concurrent_streams(), Settings::kUnlimited);
}

}  // namespace
}  // namespace parlance::http2
