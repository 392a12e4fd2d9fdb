#include "models/transforms/magika.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace parlance::models {
namespace {

std::vector<std::int32_t> tokens(std::string_view raw) {
  const Result<Tensor> tensor = MagikaTransform{}.apply(as_bytes(raw));
  EXPECT_TRUE(tensor) << tensor.error().to_string();
  EXPECT_EQ(tensor->shape(), (Shape{1, 2048}));
  const auto values = tensor->as<std::int32_t>();
  return {values.begin(), values.end()};
}

std::vector<std::int32_t> expected(std::string_view front, std::string_view back) {
  std::vector<std::int32_t> values(2048, 256);
  for (std::size_t i = 0; i < front.size(); ++i) values[i] = static_cast<unsigned char>(front[i]);
  for (std::size_t i = 0; i < back.size(); ++i)
    values[2048 - back.size() + i] = static_cast<unsigned char>(back[i]);
  return values;
}

TEST(MagikaTransform, FillsUpAShortFile) { EXPECT_EQ(tokens("12345678"), expected("12345678", "12345678")); }

TEST(MagikaTransform, DropsWhiteSpaceInFrontForTheFrontAndBehindForTheBack) {
  EXPECT_EQ(tokens(" \t\n\v\f\rabcdefgh \n"), expected("abcdefgh \n", " \t\n\v\f\rabcdefgh"));
}

TEST(MagikaTransform, KeepsBytesThatOnlySomeCallWhiteSpace) {
  const std::string raw("\0\x1c\x85\xa0zzzzzz", 10);
  EXPECT_EQ(tokens(raw), expected(raw, raw));
}

TEST(MagikaTransform, TakesTheEndsOfALongFile) {
  const std::string raw = std::string(1024, 'a') + std::string(5000, 'b') + std::string(1024, 'c');
  EXPECT_EQ(tokens(raw), expected(std::string(1024, 'a'), std::string(1024, 'c')));
}

TEST(MagikaTransform, LooksForTheFirstByteThatCountsInTheFirstBlockOnly) {
  const std::string raw = std::string(4080, ' ') + std::string(16, 'x') + std::string(4096, 'y');
  EXPECT_EQ(tokens(raw), expected(std::string(16, 'x'), std::string(1024, 'y')));
}

TEST(MagikaTransform, RefusesWhatTheModelCannotJudge) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "raw_input needs at least 8 bytes after leading white space to tell its type, got 0"},
      {"1234567", "raw_input needs at least 8 bytes after leading white space to tell its type, got 7"},
      {"    1234567", "raw_input needs at least 8 bytes after leading white space to tell its type, got 7"},
      {std::string(9000, ' ') + "12345678",
       "raw_input needs at least 8 bytes after leading white space to tell its type, got 0"},
  };
  for (const auto& [raw, message] : cases) {
    const Result<Tensor> tensor = MagikaTransform{}.apply(as_bytes(raw));
    ASSERT_FALSE(tensor);
    EXPECT_EQ(tensor.error().code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(tensor.error().message(), message);
  }
}

TEST(MagikaTransform, FitsOnlyAModelThatTakesItsTokens) {
  const MagikaTransform transform;
  EXPECT_TRUE(transform.check({{{"bytes", DataType::kInt32, {-1, 2048}}}, {}}).ok());
  EXPECT_TRUE(transform.check({{{"bytes", DataType::kInt32, {1, 2048}}}, {}}).ok());
  EXPECT_FALSE(transform.check({{{"bytes", DataType::kInt64, {-1, 2048}}}, {}}).ok());
  EXPECT_FALSE(transform.check({{{"bytes", DataType::kInt32, {-1, 1024}}}, {}}).ok());
  EXPECT_FALSE(transform.check({{}, {}}).ok());
}

}  // namespace
}  // namespace parlance::models
