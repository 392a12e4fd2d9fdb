#include "scheduling/part_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace parlance::scheduling {
namespace {

using namespace std::chrono_literals;

models::RunOutputs part(std::int64_t number) {
  return {.tensors = {models::Tensor::owning("y", models::DataType::kInt64, {1},
                                             Buffer::copy_of(std::as_bytes(std::span{&number, 1})))},
          .copied_bytes = 0};
}

std::int64_t number_of(const std::optional<models::Tensors>& tensors) {
  return tensors ? tensors->at(0).as<std::int64_t>()[0] : -1;
}

class PartQueueTest : public ::testing::Test {
 protected:
  std::shared_ptr<PartQueue> queue(Deadline deadline = Deadline::never(), Duration slow_reader = {}) {
    return std::make_shared<PartQueue>(loop_.loop().handle(), deadline, slow_reader);
  }
  net::LoopThread loop_;
};

TEST_F(PartQueueTest, GivesPartsInTheirOrder) {
  const auto parts = queue();
  EXPECT_FALSE(parts->has_next());
  EXPECT_TRUE(parts->take(part(1)));
  EXPECT_TRUE(parts->take(part(2)));
  EXPECT_TRUE(parts->has_next());
  EXPECT_EQ(number_of(parts->next()), 1);
  EXPECT_EQ(number_of(parts->next()), 2);
  EXPECT_EQ(parts->next(), std::nullopt);
}

TEST_F(PartQueueTest, TheEngineWaitsWhileTheReaderIsAWindowBehind) {
  const auto parts = queue();
  std::atomic<std::int64_t> taken{0};
  std::jthread engine{[&] {
    for (std::int64_t i = 0; i < 100; ++i)
      if (parts->take(part(i))) ++taken;
  }};
  for (std::int64_t expected = 0; expected < 100;) {
    const std::optional<models::Tensors> next = parts->next();
    if (!next) {
      std::this_thread::yield();
      continue;
    }
    EXPECT_LE(taken, expected + 1 + static_cast<std::int64_t>(PartQueue::kWindow));
    EXPECT_EQ(number_of(next), expected++);
  }
  engine.join();
  EXPECT_EQ(taken, 100);
}

TEST_F(PartQueueTest, StoppedItWantsNoMoreAndNobodyWaits) {
  const auto parts = queue();
  std::atomic<bool> last = true;
  std::jthread engine{[&] {
    while (parts->take(part(0))) {
    }
    last = false;
  }};
  parts->stop();
  engine.join();
  EXPECT_FALSE(last);
  EXPECT_FALSE(parts->has_next());
  EXPECT_EQ(parts->unread(), PartQueue::Unread::kNo);
}

TEST_F(PartQueueTest, ADeadlineEndsAWaitForTheReader) {
  const auto parts = queue(Deadline::after(Clock::now(), 20ms));
  std::int64_t taken = 0;
  while (parts->take(part(0))) ++taken;
  EXPECT_LE(taken, static_cast<std::int64_t>(PartQueue::kWindow));
  EXPECT_NE(parts->unread(), PartQueue::Unread::kForTooLong);
}

TEST_F(PartQueueTest, WhoReadsNothingForTooLongGetsNoMore) {
  const auto parts = queue(Deadline::never(), 20ms);
  std::size_t taken = 0;
  while (parts->take(part(0))) ++taken;
  EXPECT_EQ(taken, PartQueue::kWindow);
  EXPECT_EQ(parts->unread(), PartQueue::Unread::kForTooLong);
  EXPECT_EQ(number_of(parts->next()), 0) << "what was made is still there";
  EXPECT_FALSE(parts->take(part(1)));
}

TEST_F(PartQueueTest, WhoReadsNothingUntilTheDeadlineGetsNoMore) {
  const auto parts = queue(Deadline::after(Clock::now(), 1s), 1h);
  for (std::size_t i = 0; i < PartQueue::kWindow; ++i) ASSERT_TRUE(parts->take(part(0)));
  EXPECT_FALSE(parts->take(part(0)));
  EXPECT_EQ(parts->unread(), PartQueue::Unread::kUntilDeadline);
}

}  // namespace
}  // namespace parlance::scheduling
