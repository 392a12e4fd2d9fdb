#include "scheduling/request_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "scheduling/testing/waiting.h"

namespace parlance::scheduling {
namespace {

using models::QueueOrder;
using ::testing::ElementsAre;
using testing::order_of;
using testing::Requests;
using namespace std::chrono_literals;

class RequestQueueTest : public ::testing::Test {
 protected:
  Waiting& push(const Requests::With& with) {
    Waiting& request = requests_.make(with);
    queue_.push(request);
    return request;
  }
  /// Serves all, in the order in which they come up.
  std::vector<std::string> serve_all() {
    std::vector<std::string> clients;
    while (!queue_.empty()) {
      Waiting& first = *queue_.walk().next();
      clients.emplace_back(first.client);
      queue_.serve(first);
    }
    return clients;
  }

  Requests requests_;
  RequestQueue queue_{QueueOrder::kDeadline, 1};
};

TEST_F(RequestQueueTest, TheEarliestDeadlineOfAClientComesFirst) {
  push({.deadline = 30ms});
  push({.deadline = 10ms});
  push({.deadline = 20ms});
  EXPECT_THAT(order_of(queue_), ElementsAre(2, 3, 1));
}

TEST_F(RequestQueueTest, EqualDeadlinesAreServedAsTheyCame) {
  for (int i = 0; i < 3; ++i) push({.deadline = 10ms});
  EXPECT_THAT(order_of(queue_), ElementsAre(1, 2, 3));
}

TEST_F(RequestQueueTest, PriorityComesBeforeDeadlines) {
  push({.deadline = 10ms});
  push({.priority = 2, .deadline = 30ms});
  push({.priority = 1});
  EXPECT_THAT(order_of(queue_), ElementsAre(3, 2, 1));
}

TEST_F(RequestQueueTest, ARequestWithoutDeadlineIsDueWhenPatienceEnds) {
  push({});
  push({.deadline = 9s});
  push({.deadline = 11s});
  EXPECT_THAT(order_of(queue_), ElementsAre(2, 1, 3));
}

TEST_F(RequestQueueTest, ClientsTakeTurnsWhateverTheirDeadlines) {
  for (int i = 0; i < 3; ++i) push({.client = "flood", .deadline = 10ms});
  push({.client = "calm", .deadline = 1s});
  push({.client = "calm", .deadline = 1s});
  EXPECT_THAT(serve_all(), ElementsAre("flood", "calm", "flood", "calm", "flood"));
}

TEST_F(RequestQueueTest, AWalkGivesTheOrderInWhichRequestsAreServed) {
  std::mt19937 random{4711};  // NOLINT: a printed seed would say no more than this one
  std::array<std::string_view, 4> clients{"a", "b", "c", "d"};
  for (int i = 0; i < 300; ++i)
    push({.client = clients[random() % 4],
          .priority = 1 + static_cast<std::uint32_t>(random() % 2),
          .rows = 1 + random() % 5,
          .deadline = std::chrono::milliseconds{random() % 100}});
  const std::vector<std::uint64_t> foretold = order_of(queue_);
  std::vector<std::uint64_t> served;
  while (!queue_.empty()) {
    Waiting& first = *queue_.walk().next();
    served.push_back(first.number);
    queue_.serve(first);
  }
  EXPECT_EQ(served, foretold);
}

TEST_F(RequestQueueTest, WhoComesLateToAFloodIsServedNext) {
  for (int i = 0; i < 100; ++i) push({.client = "flood", .deadline = 10ms});
  for (int i = 0; i < 50; ++i) queue_.serve(*queue_.walk().next());
  push({.client = "calm", .deadline = 1s});
  const auto next = order_of(queue_);
  EXPECT_LE(std::ranges::find(next, 101) - next.begin(), 1);
}

TEST_F(RequestQueueTest, RowsCountForTheirClient) {
  push({.client = "large", .rows = 4, .deadline = 1ms});
  push({.client = "large", .rows = 4, .deadline = 1ms});
  for (int i = 0; i < 4; ++i) push({.client = "small", .deadline = 10ms});
  EXPECT_THAT(serve_all(), ElementsAre("large", "small", "small", "small", "small", "large"));
}

TEST_F(RequestQueueTest, TheClientWithTheMostWaitingGivesWay) {
  push({.client = "calm", .deadline = 10s});
  for (int i = 0; i < 3; ++i) push({.client = "flood", .deadline = 1s + i * 1ms});
  EXPECT_EQ(queue_.last().number, 4U);
  push({.client = "vip", .priority = 1});
  EXPECT_EQ(queue_.last().number, 4U) << "the lowest priority gives way";
}

TEST_F(RequestQueueTest, CountsRequestsAndRows) {
  Waiting& first = push({.rows = 3});
  push({.client = "b", .rows = 2});
  EXPECT_EQ(queue_.size(), 2U);
  EXPECT_EQ(queue_.rows(), 5U);
  queue_.remove(first);
  EXPECT_EQ(queue_.size(), 1U);
  EXPECT_EQ(queue_.rows(), 2U);
}

TEST(ArrivalQueue, ServesAsTheyCame) {
  Requests requests;
  RequestQueue queue{QueueOrder::kArrival, 1};
  queue.push(requests.make({.deadline = 30ms}));
  queue.push(requests.make({.client = "b", .priority = 1, .deadline = 10ms}));
  queue.push(requests.make({.deadline = 20ms}));
  EXPECT_THAT(order_of(queue), ElementsAre(1, 2, 3));
}

}  // namespace
}  // namespace parlance::scheduling
