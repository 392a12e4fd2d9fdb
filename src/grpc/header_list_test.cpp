#include "grpc/header_list.h"

#include <gtest/gtest.h>

#include <string>

namespace parlance::grpc {
namespace {

TEST(HeaderList, KeepsFieldsInOrder) {
  HeaderList list;
  list.add(":status", "200", http2::HeaderToken::kStatus);
  {
    const std::string made = "made here";
    list.add_copy("x", made);
  }
  list.add_copy("empty", "");
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list.fields()[0].token, http2::HeaderToken::kStatus);
  EXPECT_EQ(list.fields()[1].name, "x");
  EXPECT_EQ(list.fields()[1].value, "made here");
  EXPECT_EQ(list.fields()[2].value, "");
}

TEST(HeaderList, GrowsPastWhatFitsInPlace) {
  HeaderList list;
  for (int index = 0; index < 200; ++index)
    list.add_copy("name", std::string(100, 'v') + std::to_string(index));
  ASSERT_EQ(list.size(), 200u);
  for (std::size_t index = 0; index < 200; ++index) {
    EXPECT_EQ(list.fields()[index].value, std::string(100, 'v') + std::to_string(index));
  }
}

}  // namespace
}  // namespace parlance::grpc
