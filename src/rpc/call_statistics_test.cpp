#include "rpc/call_statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "rpc/echo_test_support.h"

namespace parlance::testing {
namespace {

using std::chrono::milliseconds;

class CallStatisticsOfAServer : public ::testing::Test {
 protected:
  CallStatisticsOfAServer() {
    server_.add(std::make_shared<Echo>());
    require(server_.start().has_value(), "CallStatisticsOfAServer: cannot start");
  }

  CallStatistics of(std::string_view method) const {
    const auto all = server_.call_statistics();
    const auto found = std::ranges::find(all, method, &CallStatistics::method);
    return found == all.end() ? CallStatistics{} : *found;
  }
  // Ended calls are counted a moment after the caller knows.
  bool ends(std::string_view method, std::size_t statuses) const {
    return eventually([&] { return of(method).ended.size() == statuses; });
  }

  Server server_{{.listen = {}, .threads = 2, .call_statistics = true}};
  Channel channel_ = Channel::open("unix:in-process", {.connector = server_.in_process_connector()});
  EchoClient client_{channel_};
};

std::uint64_t sum(const auto& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

TEST_F(CallStatisticsOfAServer, CountsCallsByStatusWithTheirBytes) {
  const Text message = text(std::string(2'000, 'x'));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client_.Unary(message).wait());
  ASSERT_TRUE(ends("test.Echo/Unary", 1));
  ASSERT_TRUE(eventually([&] { return sum(of("test.Echo/Unary").ended[0].duration.counts) == 3; }));
  const CallStatistics statistics = of("test.Echo/Unary");
  EXPECT_EQ(statistics.started, 3U);
  const CallStatistics::Ended& ended = statistics.ended[0];
  EXPECT_EQ(ended.status, StatusCode::kOk);
  EXPECT_GT(ended.duration.ns, 0U);
  EXPECT_EQ(ended.received.bytes, 3 * message.ByteSizeLong());
  EXPECT_EQ(ended.sent.bytes, 3 * message.ByteSizeLong());
  EXPECT_EQ(ended.received.counts[2], 3U);  // over 1024, up to 2048 bytes
  EXPECT_EQ(sum(ended.sent.counts), 3U);
}

TEST_F(CallStatisticsOfAServer, CountsEachStatusAlone) {
  ASSERT_TRUE(client_.Bytes(number(10)).wait());
  ASSERT_FALSE(client_.Fail(number(5)).wait());
  ASSERT_TRUE(ends("test.Echo/Fail", 1));
  EXPECT_NE(of("test.Echo/Fail").ended[0].status, StatusCode::kOk);
  EXPECT_EQ(of("test.Echo/Fail").ended[0].sent.bytes, 0U);
}

TEST_F(CallStatisticsOfAServer, ACallThatItsCallerLeavesIsCancelled) {
  ASSERT_FALSE(client_.UntilCancelled(text(""), {.timeout = milliseconds{20}}).wait());
  ASSERT_TRUE(ends("test.Echo/UntilCancelled", 1));
  const StatusCode status = of("test.Echo/UntilCancelled").ended[0].status;
  EXPECT_TRUE(status == StatusCode::kCancelled || status == StatusCode::kDeadlineExceeded);
}

TEST_F(CallStatisticsOfAServer, WhateverIsNotServedIsOther) {
  for (const char* path : {"/test.Echo/Missing", "/made.Up/Name", "/made.Up/Other"}) {
    EXPECT_EQ(UnaryCall<Text>(channel_, path, text(""), {}).wait().error().code(),
              StatusCode::kUnimplemented);
  }
  ASSERT_TRUE(ends("other", 1));
  EXPECT_EQ(of("other").ended[0].status, StatusCode::kUnimplemented);
  EXPECT_EQ(server_.call_statistics().back().method, "other");
  EXPECT_EQ(server_.call_statistics().size(), 18U);  // the methods of Echo, and that
}

TEST(CallStatistics, AreEmptyUnlessAskedFor) {
  Server server{{.listen = {}, .threads = 1}};
  server.add(std::make_shared<Echo>());
  ASSERT_TRUE(server.start());
  EXPECT_TRUE(server.call_statistics().empty());
}

}  // namespace
}  // namespace parlance::testing
