#include "http2/send_queue.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace parlance::http2 {
namespace {

Buffer text(std::string_view bytes) { return Buffer::copy_of(as_bytes(bytes)); }

TEST(SendQueue, DataComeOutInPiecesOfAnySize) {
  SendQueue queue;
  queue.push_data(text("hello "), false);
  queue.push_data(text("world"), true);
  EXPECT_EQ(queue.data_bytes(), 11U);
  EXPECT_EQ(queue.front_run_bytes(100), 11U);
  EXPECT_EQ(queue.front_run_bytes(7), 7U);
  bool ends = true;
  EXPECT_EQ(queue.take_data(4, ends).text(), "hell");
  EXPECT_FALSE(ends);
  EXPECT_EQ(queue.take_data(100, ends).text(), "o ");
  EXPECT_FALSE(ends);
  EXPECT_EQ(queue.take_data(100, ends).text(), "world");
  EXPECT_TRUE(ends);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.data_bytes(), 0U);
}

TEST(SendQueue, HeadersAreCopiedAndStopTheRunOfData) {
  SendQueue queue;
  queue.push_data(text("data"), false);
  {
    const std::string value = "a value that is gone when it is read";
    const std::array fields = {HeaderField{"grpc-status", "0", HeaderToken::kGrpcStatus},
                               HeaderField{"x", value, HeaderToken::kOther, true}};
    queue.push_headers(fields, true);
  }
  EXPECT_EQ(queue.front_run_bytes(100), 4U);
  bool ends = true;
  queue.take_data(4, ends);
  EXPECT_FALSE(ends);
  ASSERT_EQ(queue.front_kind(), SendQueue::Kind::kHeaders);
  EXPECT_TRUE(queue.front_ends_stream());
  const HeaderFields fields = queue.front_headers();
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields[0].name, "grpc-status");
  EXPECT_EQ(fields[0].token, HeaderToken::kGrpcStatus);
  EXPECT_EQ(fields[1].value, "a value that is gone when it is read");
  EXPECT_TRUE(fields[1].never_indexed);
  queue.pop();
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace parlance::http2
