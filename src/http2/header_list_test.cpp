#include "http2/header_list.h"

#include <string>

#include <gtest/gtest.h>

namespace parlance::http2 {
namespace {

using Lifetime = HeaderList::Lifetime;

TEST(HeaderList, CopiesWhatIsBorrowedAndOnlyThat) {
  static const std::string name = "name";
  HeaderList list{1000};
  {
    const std::string value = "a value that is gone when it is looked at";
    list.append({.name = name, .value = value}, Lifetime::kStatic, Lifetime::kBorrowed);
  }
  ASSERT_EQ(list.fields().size(), 1u);
  EXPECT_EQ(list.fields()[0].name.data(), name.data());
  EXPECT_EQ(list.fields()[0].value, "a value that is gone when it is looked at");
}

TEST(HeaderList, CountsAsRfc9113Section6_5_2) {
  HeaderList list{1000};
  list.append({.name = "abc", .value = "de"}, Lifetime::kStatic, Lifetime::kStatic);
  list.append({.name = "f", .value = ""}, Lifetime::kStatic, Lifetime::kStatic);
  EXPECT_EQ(list.list_bytes(), 3u + 2 + 32 + 1 + 32);
}

TEST(HeaderList, StopsStoringAboveItsLimitAndGoesOnCounting) {
  HeaderList list{80};
  for (int i = 0; i < 4; ++i)
    list.append({.name = "12345678", .value = ""}, Lifetime::kBorrowed, Lifetime::kBorrowed);
  EXPECT_TRUE(list.too_large());
  EXPECT_EQ(list.fields().size(), 2u);  // 80 octets are not over 80
  EXPECT_EQ(list.list_bytes(), 160u);
  list.clear();
  EXPECT_FALSE(list.too_large());
  EXPECT_EQ(list.list_bytes(), 0u);
}

TEST(HeaderList, StringsOfAnySizeStayWhereTheyAre) {
  HeaderList list{1 << 20};
  for (int round = 0; round < 3; ++round) {
    list.clear();
    for (std::size_t size = 0; size < 300; ++size)
      list.append({.name = "n", .value = std::string(size * 7, static_cast<char>('a' + size % 26))},
                  Lifetime::kStatic, Lifetime::kBorrowed);
    ASSERT_EQ(list.fields().size(), 300u);
    for (std::size_t size = 0; size < 300; ++size)
      EXPECT_EQ(list.fields()[size].value, std::string(size * 7, static_cast<char>('a' + size % 26)));
  }
}

}  // namespace
}  // namespace parlance::http2
